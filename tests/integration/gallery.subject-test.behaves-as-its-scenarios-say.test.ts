import { describeGallery } from '../support/simulation';

describeGallery('subject-test');
