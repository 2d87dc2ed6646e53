package moderation_test

import (
	"fmt"
	"time"

	"vitrine/server/moderation"
	"vitrine/server/wire"
)

func ExampleJudge() {
	rules := moderation.Rules(wire.DefaultRules())
	rules.Hosts = []string{"shop.example"}
	rules.Words = []moderation.Word{{Text: "rival*", Class: moderation.Spam, Outcome: moderation.Block}}
	book, err := rules.Compile()
	if err != nil {
		fmt.Println(err)
		return
	}

	judge := moderation.New(moderation.Config{})
	now := time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)
	for _, text := range []string{
		"is it on www.shop.example already?",
		"R I V A L S are cheaper",
		"加 微 信",
		"where is the trash can from",
		"you are trash",
	} {
		v := judge.Judge(moderation.Message{Room: "evening", Person: "anna", Text: text}, book, now)
		fmt.Printf("%s %s %q %q\n", v.Outcome, v.Class, v.Rule, v.Found)
	}

	// A moderator decides otherwise, and the judge learns it.
	if err := judge.Learn("you are trash", moderation.Fine, now); err != nil {
		fmt.Println(err)
	}
	// Output:
	// publish fine "" ""
	// block spam "word" "rival*"
	// hold contact "word" "加微信"
	// publish fine "" ""
	// hold insult "classifier" ""
}
