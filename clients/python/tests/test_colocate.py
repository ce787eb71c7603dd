import json
import os
import subprocess
import unittest
from unittest import mock
from pathlib import Path
from tempfile import TemporaryDirectory

import colocate

SHOP = {
    "version": 1,
    "name": "shop",
    "environment": "prod",
    "location": "eastus",
    "components": {"UserApi": {"type": "CrudApi"}, "OrderApi": {"type": "CrudApi"}},
}


class Plans(unittest.TestCase):
    def test_components_share(self):
        plan = colocate.plan(SHOP)
        self.assertEqual((plan["summary"]["resources"], plan["summary"]["unshared"], plan["optimal"]), (3, 6, True))
        self.assertEqual(plan["bindings"]["UserApi"]["environment"]["USER_API_DATABASE_NAME"], "user-db")

    def test_files_overlays_and_rules(self):
        with TemporaryDirectory() as folder:
            estate = Path(folder) / "estate.yaml"
            estate.write_text("version: 1\nname: shop\ncomponents:\n  A:\n    requirements:\n    - {resourceType: cache, requirementKey: k}\n")
            overlay = Path(folder) / "prod.json"
            overlay.write_text(json.dumps({"environment": "prod"}))
            cache = {"version": 1, "resourceType": "cache", "properties": {}}
            plan = colocate.plan(estate, overlays=[overlay], rules=[cache])
        self.assertEqual([resource["id"] for resource in plan["resources"]], ["cache:k"])

    def test_mistakes_have_places(self):
        broken = {**SHOP, "components": {"A": {"type": "CrudApi", "config": {"entityNam": "x"}}}}
        with self.assertRaises(colocate.ColocateError) as caught:
            colocate.plan(broken)
        self.assertEqual(caught.exception.exit_code, 1)
        [only] = caught.exception.diagnostics
        self.assertEqual((only["code"], only["pointer"]), ("E0106", "/components/A/config/entityNam"))
        self.assertEqual(only["position"]["file"], "estate.json")
        self.assertIn("did you mean `entityName`?", str(caught.exception))
        self.assertEqual(colocate.check(broken), [only])
        self.assertEqual(colocate.check(SHOP), [])

    def test_templates_and_schemas(self):
        self.assertIn("databaseAccounts", colocate.template(SHOP, "bicep")["main.bicep"])
        self.assertIn("component.CrudApi", colocate.schema("estate")["definitions"])

    def test_every_estate_of_a_batch_has_an_answer(self):
        answers = list(colocate.batch([SHOP, {"version": 1}, SHOP]))
        self.assertEqual(["plan" in answer for answer in answers], [True, False, True])
        self.assertEqual(answers[1]["error"]["code"], "E0107")

    def test_a_missing_program_is_told(self):
        with mock.patch.dict(os.environ, {"COLOCATE": "/nowhere/colocate"}):
            with self.assertRaisesRegex(colocate.ColocateError, "set COLOCATE"):
                colocate.plan(SHOP)

    def test_the_command_runs(self):
        ran = subprocess.run([colocate.program(), "--version"], capture_output=True, text=True, check=True)
        self.assertTrue(ran.stdout.startswith("colocate "))


if __name__ == "__main__":
    unittest.main()
