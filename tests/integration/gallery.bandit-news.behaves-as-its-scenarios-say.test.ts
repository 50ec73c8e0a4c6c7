import { describeGallery } from '../support/simulation';

describeGallery('bandit-news');
