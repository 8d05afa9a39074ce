mod requests;
mod responses;
mod sections;
mod today;
