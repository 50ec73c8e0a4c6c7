import { describeGallery } from '../support/simulation';

describeGallery('birthday-gift');
