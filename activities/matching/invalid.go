package matching

import (
	"errors"
	"fmt"
)

// ErrInvalid is what every error about the input is: errors.Is(err, ErrInvalid). The detail is an *InvalidError.
var ErrInvalid = errors.New("invalid matching problem")

// InvalidCode says what is wrong with an input.
type InvalidCode string

// Codes of InvalidError.
const (
	InvalidGroupSize   InvalidCode = "group_size"           // outside MinGroupSize..MaxGroupSize
	InvalidDuplicate   InvalidCode = "duplicate_member"     // a member listed twice, or in two groups or pins
	InvalidSelfPair    InvalidCode = "self_pair"            // a pair of a person with themselves
	InvalidUnknown     InvalidCode = "unknown_member"       // a pin, group or leaver who is no member
	InvalidSize        InvalidCode = "size"                 // a pin or group of fewer than 2 or more than MaxPinned
	InvalidPinBreaks   InvalidCode = "pin_breaks_hard_rule" // a pin that holds a forbidden pair
	InvalidRule        InvalidCode = "rule"                 // an unknown kind, a missing attribute, more than MaxRules
	InvalidRuleTwice   InvalidCode = "duplicate_rule"       // the same rule twice
	InvalidContradicts InvalidCode = "contradictory_rules"  // same and different on one attribute
	InvalidNumber      InvalidCode = "number"               // a negative count or a rank below 1
	InvalidMode        InvalidCode = "mode"                 // an unknown mode or leftover, or what the mode does not take
	InvalidSeats       InvalidCode = "seats"                // seats that make no group, or a value twice
)

// InvalidError is an input that no answer can be given for.
type InvalidError struct {
	Code  InvalidCode
	Field string // of Problem or of the call, for example "members[3]"
}

func (e *InvalidError) Error() string { return fmt.Sprintf("%v: %s: %s", ErrInvalid, e.Field, e.Code) }

// Is makes errors.Is(err, ErrInvalid) true.
func (e *InvalidError) Is(target error) bool { return target == ErrInvalid }

func invalid(code InvalidCode, format string, args ...any) error {
	return &InvalidError{Code: code, Field: fmt.Sprintf(format, args...)}
}
