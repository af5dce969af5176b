#!/usr/bin/env python3
"""postern-bench report and --compare: a page that is whole, says what the results say, and lets nothing in them be
markup; a comparison whose ratios are right. No server is needed."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

SVG = "{http://www.w3.org/2000/svg}"
HTML = "{http://www.w3.org/1999/xhtml}"


def result(label, rate, **more):
    """Ten seconds of so many operations a second, each of 1 ms, but for one in a hundred, of 50 ms."""
    count = rate * 10
    slow = count // 100
    made = {"schema": "postern-bench/1", "label": label, "mode": "handshake", "url": "https://h/", "connections": 16,
            "threads": 1, "crl_entries": None, "seconds": 10, "operations": count, "client_bound": False,
            "tls": {"version": "TLSv1.3", "cipher": "TLS_AES_256_GCM_SHA384", "group": "X25519", "server_key": "EC 256"},
            "failures": 0, "failures_by_cause": {}, "server": None,
            "series": {"interval_s": 0.1, "operations": [rate // 10] * 100, "failures": [0] * 100}}
    if count:
        made["latency_us"] = {"count": count, "mean": 1490, "min": 1000,
                              "histogram": [[1000, count - slow], [50000, slow]]}
    made.update(more)
    return made


class Reported(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="postern-test-")
        self.addCleanup(shutil.rmtree, self.directory)
        self.files = 0

    def write(self, *results):
        paths = []
        for made in results:
            self.files += 1
            paths.append(os.path.join(self.directory, "%d.json" % self.files))
            with open(paths[-1], "w", encoding="utf-8") as file:
                json.dump(made, file)
        return paths

    def run_bench(self, *arguments, status=0):
        done = subprocess.run([os.path.join(os.environ["POSTERN_BUILD"], "postern-bench"), *arguments],
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, status, done.stdout[-500:] + done.stderr)
        return done.stdout if status in (0, 3) else done.stderr

    def page(self, *results):
        """The page, parsed as XML: an element that is not closed, or text that was not escaped, is an error."""
        text = self.run_bench("report", *self.write(*results))
        self.assertTrue(text.startswith("<!DOCTYPE html>\n"))
        self.assertNotIn("<script", text)
        self.assertEqual(re.findall(r'src=|href="[^#]|@import|url\(|\bon[a-z]+=', text), [])
        return ElementTree.fromstring(text.split("\n", 1)[1])

    def headings(self, page, name):
        return ["".join(element.itertext()) for element in page.iter(HTML + name)]

    def rows(self, page):
        return [["".join(cell.itertext()) for cell in row] for row in page.iter(HTML + "tr")]


class Page(Reported):
    def test_servers_stand_side_by_side_with_their_figures(self):
        page = self.page(result("nginx", 400), result("postern", 1000))
        self.assertEqual(self.headings(page, "h2"), ["handshake"])
        self.assertEqual(self.headings(page, "h3"), ["Handshakes a second", "Latency by percentile",
                                                     "Handshakes a second, over time"])
        head, nginx, postern = self.rows(page)
        self.assertEqual(dict(zip(head, nginx))["rate/s"], "400")
        figures = dict(zip(head, postern))
        self.assertEqual((figures["server"], figures["rate/s"], figures["p50"], figures["p99"], figures["longest"],
                          figures["failures"]), ("postern", "1,000", "1 ms", "1 ms", "50 ms", "0"))

    def test_bars_are_as_long_as_their_figures(self):
        page = self.page(result("a", 250), result("b", 1000))
        widths = [float(bar.get("width")) for bar in page.iter(SVG + "rect") if "bar" in bar.get("class")]
        self.assertEqual(len(widths), 2)
        self.assertAlmostEqual(widths[0] * 4, widths[1], delta=0.5)

    def test_rounds_are_told_by_their_median(self):
        page = self.page(*(result("a", rate) for rate in (100, 300, 200)))
        head, row = self.rows(page)
        self.assertEqual((dict(zip(head, row))["rate/s"], dict(zip(head, row))["rounds"]), ("200", "3"))
        marks = [mark for mark in page.iter(SVG + "circle") if mark.get("class") == "mark"]
        self.assertEqual(len(marks), 3)

    def test_the_server_s_cpu_is_the_figure_where_it_is_known(self):
        page = self.page(result("a", 100, server={"cpu_s": 5}), result("b", 100, server={"cpu_s": 2}))
        self.assertIn("Handshakes for each second of the server\u2019s CPU", self.headings(page, "h3"))
        self.assertEqual([dict(zip(self.rows(page)[0], row))["per CPU s"] for row in self.rows(page)[1:]], ["200", "500"])

    def test_a_client_bound_rate_is_not_told(self):
        page = self.page(result("a", 123, client_bound=True), result("b", 50))
        self.assertEqual(dict(zip(self.rows(page)[0], self.rows(page)[1]))["rate/s"], "client-bound")
        texts = ["".join(text.itertext()) for text in page.iter(SVG + "text") if text.get("class") == "value"]
        self.assertEqual(texts, ["client-bound", "50/s"])

    def test_sizes_of_crls_are_a_line_for_each_server(self):
        page = self.page(*(result(label, rate, crl_entries=size) for label in ("a", "b")
                           for size, rate in ((10000, 300), (0, 500), (1000000, 100))),
                         result("c", 0, note="knows no CRLs"))
        self.assertEqual(self.headings(page, "h3"), ["Handshakes a second, against the size of the CRLs"])
        lines = list(page.iter(SVG + "polyline"))
        self.assertEqual(len(lines), 2)
        points = [tuple(map(float, point.split(","))) for point in lines[0].get("points").split()]
        self.assertEqual(points, sorted(points))
        self.assertEqual(len(points), 3)
        self.assertIn("knows no CRLs", self.rows(page)[-1])

    def test_scenarios_are_chapters_in_their_order(self):
        page = self.page(result("a", 10, scenario="second"), result("a", 10, scenario="first"),
                         result("b", 10, scenario="second"))
        self.assertEqual(self.headings(page, "h2"), ["second", "first"])

    def test_many_chapters_have_contents_that_lead_to_them(self):
        page = self.page(*(result("a", 10, scenario=name) for name in ("one", "two", "three")))
        titles = {heading.get("id"): heading.text for heading in page.iter(HTML + "h2")}
        self.assertEqual([(titles[link.get("href")[1:]], link.text) for link in page.iter(HTML + "a")],
                         [(name, name) for name in ("one", "two", "three")])

    def test_a_run_that_was_over_at_once_has_no_plot_over_time(self):
        short = {"interval_s": 0.1, "operations": [10, 10], "failures": [0, 0]}
        page = self.page(result("a", 100, seconds=0.2, series=short))
        self.assertNotIn("Handshakes a second, over time", self.headings(page, "h3"))

    def test_names_at_line_ends_do_not_collide(self):
        page = self.page(*(result("server %d" % number, 1000 + number) for number in range(12)))
        for picture in page.iter(SVG + "svg"):
            places = sorted(float(text.get("y")) for text in picture.iter(SVG + "text")
                            if (text.get("class") or "").startswith("name"))
            self.assertTrue(all(after - before >= 15 for before, after in zip(places, places[1:])), places)

    def test_nothing_in_a_result_becomes_markup(self):
        evil = '<script>alert(1)</script>"\'&\u0001\u00e9'
        page = self.page(result(evil, 10, scenario=evil, note=evil, failures=1, failures_by_cause={evil: 1},
                                tls={"version": evil}), result("b", 10, scenario=evil))
        self.assertEqual(self.headings(page, "h2"), [evil.replace("\u0001", "?")])
        self.assertEqual(self.headings(page, "script"), [])

    def test_pictures_stand_alone(self):
        folder = os.path.join(self.directory, "pictures")
        os.mkdir(folder)
        paths = self.write(result("a", 100, scenario="../Full <handshakes>, P-256"), result("b", 50))
        self.assertEqual(self.run_bench("report", "--svg", folder, *paths), "")
        self.assertEqual(sorted(os.listdir(folder)),
                         sorted("%s-%s.svg" % (name, kind) for name in ("full-handshakes-p-256", "handshake")
                                for kind in ("bars", "latency", "times")))
        for name in os.listdir(folder):
            picture = ElementTree.parse(os.path.join(folder, name)).getroot()
            self.assertEqual(picture.tag, SVG + "svg")
            self.assertIn("--ink", picture.find(SVG + "style").text)
        self.assertIn("nowhere", self.run_bench("report", "--svg", os.path.join(folder, "nowhere"), *paths, status=1))

    def test_what_is_no_result_is_an_error_with_its_file(self):
        for text, complaint in (("{", "no JSON"), ('{"schema": "x"}', '"schema"'), ("[]", "no result")):
            path = os.path.join(self.directory, "bad.json")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            self.assertIn(complaint, self.run_bench("report", path, status=1))
        self.assertIn("/nonexistent", self.run_bench("report", "/nonexistent", status=1))
        self.assertIn("needs files", self.run_bench("report", status=2))


class Compare(Reported):
    def compare(self, first, second, status=0):
        return self.run_bench("--compare", *self.write(first, second), status=status)

    def row(self, text, name):
        return next(line[len(name):].split() for line in text.split("\n") if line.startswith(name + " "))

    def test_ratios_are_second_over_first(self):
        text = self.compare(result("old", 400, server={"cpu_s": 10}), result("new", 1000, server={"cpu_s": 5}))
        self.assertEqual(self.row(text, "rate /s")[:3], ["400.0", "1000.0", "2.500"])
        self.assertEqual(self.row(text, "per server CPU s"), ["400.0", "2000.0", "5.000"])
        self.assertEqual(self.row(text, "latency p50"), ["1.00", "ms", "1.00", "ms", "1.000"])
        self.assertNotIn("differently", text)

    def test_a_difference_within_the_noise_is_called_that(self):
        noisy = {"interval_s": 0.1, "operations": [20, 60] * 50, "failures": [0] * 100}
        text = self.compare(result("a", 400, series=noisy), result("b", 410))
        self.assertIn("within noise", text)
        self.assertNotIn("within noise", self.compare(result("a", 400), result("b", 410)))

    def test_what_was_measured_differently_is_said(self):
        text = self.compare(result("a", 100), result("b", 100, connections=32))
        self.assertIn("measured differently: connections 16 and 32", text)

    def test_a_client_bound_result_has_no_ratio(self):
        text = self.compare(result("a", 100), result("b", 900, client_bound=True), status=3)
        self.assertIn("no ratio", text)
        self.assertNotIn("9.000", text)

    def test_two_files_are_needed(self):
        self.assertIn("two files", self.run_bench("--compare", *self.write(result("a", 1)), status=2))


if __name__ == "__main__":
    unittest.main(verbosity=2)
