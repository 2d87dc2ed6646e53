package app

// importWords are the texts about the import and export of products; they belong to words.
type importWords struct {
	ImportTitle    string
	ImportText     string // which files
	ImportWrong    string // no path
	ImportRead     string // the button
	ImportAnother  string // the button: another file
	ImportReading  string // name of the file
	ImportFailed   string // before the reason
	ImportUnfit    string // code=sentence|…
	ImportFound    string // name of the file, format, encoding
	ImportNew      string
	ImportChanged  string
	ImportSame     string
	ImportBad      string
	ImportChanges  string // tab, with how many
	ImportErrors   string // tab, with how many
	ImportAll      string
	ImportNothing  string
	ImportDo       string // the button, with how many
	ImportKind     string // kind=name|…
	ImportField    string // field=name|…
	ImportValue    string // word=name|…
	ImportFault    string // code=sentence|…
	ImportFromTo   string // before, after
	ImportIs       string // field, what of it
	ImportGone     string // what was
	ImportOf       string // field, variant
	ImportNone     string // an empty value
	ImportVariants string // how many, price
	ImportRow      string // number, column
	ImportValued   string // sentence, value
	ImportMore     string // wrong rows beyond those that are listed
	ImportSending  string
	ImportSent     string // how many, of how many
	ImportWaiting  string
	ImportDone     string // how many
	ImportStop     string
	ImportStopped  string
	ExportTitle    string
	ExportText     string
	ExportFormat   string
	ExportFormats  string // format=name|…
	ExportDo       string
	ExportWrong    string
	ExportDone     string // path
}
