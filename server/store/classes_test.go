package store

import (
	"maps"
	"slices"
	"testing"

	"vitrine/server/trust"
)

// columns lists "table.column" of all that the database has, by asking it.
func columns(t *testing.T, s *Store) (list []string) {
	t.Helper()
	ask := `SELECT t.name, c.name FROM sqlite_master AS t, pragma_table_info(t.name) AS c
		WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%'`
	if s.postgres(t) {
		ask = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
	}
	rows, err := s.db.QueryContext(t.Context(), ask)
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var table, column string
		must(t, rows.Scan(&table, &column))
		list = append(list, table+"."+column)
	}
	must(t, rows.Err())
	return list
}

func (s *Store) postgres(t *testing.T) bool {
	t.Helper()
	return s.db.QueryRowContext(t.Context(), "SELECT current_schema()").Scan(new(string)) == nil
}

func TestEvery_column_of_the_database_is_classified(t *testing.T) {
	known := []trust.Class{trust.PublicClass, trust.InternalClass, trust.PersonalClass, trust.SpokenClass, trust.SecretClass}
	for engine, fresh := range engines {
		t.Run(engine, func(t *testing.T) {
			left := Classes()
			for _, c := range columns(t, openAt(t, fresh(t))) {
				if !slices.Contains(known, left[c]) {
					t.Errorf("%s has no class: say in classes.go how it is kept", c)
				}
				delete(left, c)
			}
			for _, c := range slices.Sorted(maps.Keys(left)) {
				t.Errorf("%s has a class but does not exist", c)
			}
		})
	}
}
