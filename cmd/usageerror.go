package cmd

// usageError marks errors of the command line and of what the user configures or has
// on disk, which the user can mend.
type usageError struct{ error }

// Unwrap is the error that is marked.
func (e usageError) Unwrap() error { return e.error }

// usage marks an error as a [usageError].
func usage(err error) error { return usageError{err} }
