import { describeGallery } from '../support/simulation';

describeGallery('welcome-series');
