import { describeGallery } from '../support/simulation';

describeGallery('club-points');
