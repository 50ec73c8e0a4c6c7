-- Run once, when the cluster is made. The ledger's database, `volante`, is made by the image itself.
create database temporal;
create database temporal_visibility;
