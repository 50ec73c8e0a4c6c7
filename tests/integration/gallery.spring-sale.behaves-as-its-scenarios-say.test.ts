import { describeGallery } from '../support/simulation';

describeGallery('spring-sale');
