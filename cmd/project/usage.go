package project

// UsageError marks errors of the command line and of what the user configures or has
// on disk, which the user can mend.
type UsageError struct{ error }

// Unwrap is the error that is marked.
func (e UsageError) Unwrap() error { return e.error }

// Usage marks an error as a [UsageError].
func Usage(err error) error { return UsageError{err} }
