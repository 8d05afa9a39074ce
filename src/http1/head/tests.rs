mod requests;
mod responses;
