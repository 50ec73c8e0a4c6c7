import { describeGallery } from '../support/simulation';

describeGallery('landing-page');
