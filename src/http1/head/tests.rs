mod requests;
mod responses;
mod sections;
