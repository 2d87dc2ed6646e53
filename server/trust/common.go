package trust

import "strings"

// commonest are passwords of at least eight characters that lists of stolen ones begin with, in small letters.
var commonest = func() map[string]bool {
	all := map[string]bool{}
	for word := range strings.FieldsSeq(`
		password password1 password12 password123 password1234 password! passw0rd p@ssw0rd p@ssword p@$$w0rd pa$$word mypassword
		passwort passwort1 passwort123 motdepasse contraseña contrasena senha123 parola123 wachtwoord lozinka123
		qwerty12 qwerty123 qwerty1234 qwertyui qwertyuiop qwertz123 qwertzuiop azertyui azertyuiop asdfghjk asdfghjkl zxcvbnm1 zxcvbnm123
		1q2w3e4r 1q2w3e4r5t 1qaz2wsx 1qaz2wsx3edc q1w2e3r4 q1w2e3r4t5 zaq12wsx qazwsxedc qazwsx123 1qazxsw2 asdf1234 qwer1234 asdfasdf
		iloveyou iloveyou1 iloveyou2 iloveyou! ichliebedich teamo123 princess princess1 sunshine sunshine1 football football1 baseball
		baseball1 basketball superman superman1 batman123 spiderman pokemon1 pokemon123 starwars starwars1 minecraft fortnite1 naruto123
		trustno1 whatever whatever1 welcome1 welcome123 letmein1 letmein123 changeme changeme1 changeme123 default1 secret123 admin123
		admin1234 administrator root1234 test1234 testtest testing1 testing123 guest123 user1234 temp1234 company1 office365 internet
		computer computer1 samsung1 samsung123 iphone123 google123 facebook facebook1 youtube1 liverpool liverpool1 arsenal1 chelsea1
		barcelona realmadrid juventus manchester jennifer jennifer1 jessica1 michelle michelle1 michael1 charlotte elizabeth alexander
		alexander1 benjamin jonathan nicholas christian daniel123 andrew123 thomas123 maverick midnight mercedes corvette mustang1
		butterfly chocolate cookie123 dolphins elephant dragon123 monkey123 shadow123 master123 hunter123 killer123 ashley123 summer123
		winter123 spring123 summer2024 summer2025 summer2026 winter2024 winter2025 winter2026 blink182 access14 abcd1234 abc12345 abc123456
		a1b2c3d4 a1s2d3f4 aa123456 a123456789 a12345678 123456789a 12345678a 123456789q 123qweasd 123qweasdzxc qweasdzxc 1234qwer 123abc123
		123123123 12341234 11223344 1122334455 112233445566 147258369 159357159 159753159 741852963 789456123 963852741 987654321
		0987654321 9876543210 87654321 10203040 12344321 123454321 123321123 13131313 12121212 123456781 12345679 1234567899 102030405060
		woaini1314 woaini520 5201314520 qq123456 vitrine1 vitrine12 vitrine123 livestream correcthorsebatterystaple`) {
		all[word] = true
	}
	return all
}()

// common says whether a password in small letters is among the commonest: on the list, one character or one pair again and again, or
// characters that follow one another.
func common(low string) bool {
	if commonest[low] {
		return true
	}
	r := []rune(low)
	pairs, up, down := true, true, true
	for i := range r {
		pairs = pairs && (i < 2 || r[i] == r[i-2])
		up = up && (i == 0 || r[i] == r[i-1]+1 || r[i] == '0' && r[i-1] == '9')
		down = down && (i == 0 || r[i] == r[i-1]-1 || r[i] == '9' && r[i-1] == '0')
	}
	return pairs || up || down
}
