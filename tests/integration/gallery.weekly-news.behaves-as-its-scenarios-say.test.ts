import { describeGallery } from '../support/simulation';

describeGallery('weekly-news');
