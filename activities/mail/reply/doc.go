// Package reply says what a person answered to an outreach mail: it reads what SendGrid's Inbound Parse posts, takes off
// what they quoted and signed, and tells a reply from an out-of-office notice, a demand never to write again, an
// unsubscribe request and a bounce, in English, French, German and Spanish. It is pure: no I/O, no clock.
//
// It works by rules, so it is wrong at times. Where it is unsure the answer is Reply, which a person reads anyway: an
// overlooked out-of-office notice costs less than an address blacklisted by mistake.
package reply
