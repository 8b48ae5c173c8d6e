#!/usr/bin/env python3
"""Reads r.html, r.json, r.csv and r.xlsx of a directory with other people's readers and holds them against each other.

usage: check_document.py DIRECTORY
"""
import csv
import json
import re
import sys
import zipfile
from html.parser import HTMLParser
from xml.etree import ElementTree

VOID = {'meta', 'br', 'link', 'img', 'hr', 'input'}
SHEET = '{http://schemas.openxmlformats.org/spreadsheetml/2006/main}'
directory = sys.argv[1]


def path(name):
    return f'{directory}/{name}'


class Page(HTMLParser):
    """Every element ended in its order, every id once, every reference to something, nothing from outside."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.references, self.tags, self.columns = [], [], [], [], 0

    def handle_startendtag(self, tag, attributes):
        self.look(tag, dict(attributes))

    def handle_starttag(self, tag, attributes):
        self.look(tag, dict(attributes))
        if tag not in VOID:
            self.open.append(tag)

    def look(self, tag, attributes):
        self.tags.append(tag)
        if 'id' in attributes:
            self.ids.append(attributes['id'])
        for name in ('aria-labelledby', 'aria-describedby'):
            self.references += attributes.get(name, '').split()
        href = attributes.get('href')
        if href is not None:
            assert href.startswith('#'), href
            self.references.append(href[1:])
        assert 'src' not in attributes and not any(name.startswith('on') for name in attributes)
        if tag == 'th':
            assert attributes.get('scope') in ('col', 'row', 'rowgroup')
        if tag == 'svg':
            assert attributes['role'] == 'img' and attributes['aria-labelledby']

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, tag


def check_html():
    page = Page()
    with open(path('r.html'), encoding='utf-8') as file:
        text = file.read()
    page.feed(text)
    page.close()
    assert page.open == [], page.open
    assert len(page.ids) == len(set(page.ids)), page.ids
    assert set(page.references) <= set(page.ids), set(page.references) - set(page.ids)
    assert 'script' not in page.tags and page.tags.count('style') == 1
    for tag in ('header', 'nav', 'main', 'footer', 'h1'):
        assert page.tags.count(tag) == 1, tag
    assert page.tags.count('table') == page.tags.count('caption')
    assert not re.search(r'url\(|@import|https?://(?!www\.w3\.org/2000/svg)', text)
    assert '\ufffd' in text  # what was no UTF-8


def luminance(colour):
    colour = ''.join(digit * 2 for digit in colour) if len(colour) == 3 else colour
    parts = [int(colour[i:i + 2], 16) / 255 for i in (0, 2, 4)]
    parts = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def check_contrast():
    """Any text of the page on any of its backgrounds has 4.5:1 (WCAG 1.4.3), and so have a picture's words on white."""
    assert round(contrast('000', 'ffffff'), 1) == 21.0 and round(contrast('777777', 'fff'), 2) == 4.48
    with open(path('r.html'), encoding='utf-8') as file:
        text = file.read()
    style = re.search(r'<style>(.*?)</style>', text, re.S).group(1)
    # what lies behind the words of a sheet of paper is none of them
    style = re.sub(r'\.watermark\{[^}]*\}', '', style)
    words = set(re.findall(r'[{;]color:#([0-9a-f]{3,6})', style))
    grounds = set(re.findall(r'background:#([0-9a-f]{3,6})', style)) | {'ffffff'}
    assert len(words) > 2 and len(grounds) > 3, (words, grounds)
    for colour in words:
        for ground in grounds:
            assert contrast(colour, ground) >= 4.5, (colour, ground, contrast(colour, ground))
    drawn = set(re.findall(r'<text [^>]*fill="#([0-9a-fA-F]{6})"', text))
    assert drawn
    for colour in drawn:
        assert contrast(colour, 'ffffff') >= 4.5, colour


def figures(report):
    for block in report['blocks']:
        for row in block.get('rows', []):
            for cell in row['cells']:
                if cell and 'figure' in cell:
                    yield cell['figure']


def check_csv(report):
    with open(path('r.csv'), encoding='utf-8', newline='') as file:
        records = list(csv.DictReader(file, strict=True))
    key = ('entity', 'section', 'account', 'metric', 'period')
    wanted = {}
    for figure in figures(report):
        wanted.setdefault(tuple(figure[name] for name in key), figure)
    assert len(records) == len(wanted), (len(records), len(wanted))
    for record, figure in zip(records, wanted.values()):
        assert list(record) == ['version'] + list(figure)
        for name in ('value', 'low', 'high', 'known_days'):
            assert record[name] == ('' if figure[name] is None else str(figure[name])), name
        assert not re.match(r'[=+\-@]', record['label'])


def strings_of(book):
    root = ElementTree.fromstring(book.read('xl/sharedStrings.xml'))
    return [''.join(node.itertext()) for node in root.iter(f'{SHEET}si')]


def cells_of(book, name, strings):
    """Numbers and texts of a sheet; no cell is a formula."""
    root = ElementTree.fromstring(book.read(name))
    assert next(root.iter(f'{SHEET}f'), None) is None, f'{name} has a formula'
    numbers, texts = [], []
    for cell in root.iter(f'{SHEET}c'):
        value = cell.find(f'{SHEET}v')
        if value is None:
            continue
        if cell.get('t') == 's':
            texts.append(strings[int(value.text)])
        else:
            assert cell.get('t') in (None, 'n')
            numbers.append(float(value.text))
    return numbers, texts, root


def check_table(table, numbers, texts):
    """Every figure that is one number is a number of the sheet; the others are words of it."""
    for row in table['rows']:
        for cell in row['cells']:
            if cell is None:
                continue
            if 'text' in cell:
                assert any(text.startswith(cell['text']) for text in texts), cell
            if 'number' in cell:
                assert cell['number'] in numbers, cell
            figure = cell.get('figure')
            if not figure or figure['unit'] == 'yes-no':
                continue
            if figure['value'] is not None or figure['form'] == 'at-least':
                assert (figure['value'] if figure['value'] is not None else figure['low']) in numbers, figure
            else:
                assert '—' in texts or any('–' in text for text in texts), figure
            for word in (figure['state'], 'incomplete' if figure['form'] == 'at-least' else ''):
                assert word in ('', 'final') or any(word in text for text in texts), figure
            assert cell.get('mark') is None or any(cell['mark'] in text for text in texts)


def check_xlsx(report):
    with zipfile.ZipFile(path('r.xlsx')) as book:
        assert book.testzip() is None
        workbook = ElementTree.fromstring(book.read('xl/workbook.xml'))
        names = [sheet.get('name') for sheet in workbook.iter(f'{SHEET}sheet')]
        strings = strings_of(book)
        tables = [block for block in report['blocks'] if block['kind'] == 'table']
        assert all(len(name) <= 31 and not re.search(r'[\[\]:*?/\\]', name) for name in names), names
        assert len({name.lower() for name in names}) == len(names)
        assert names[-1] == 'Sources and coverage', names
        left = list(names)
        for table in tables:
            # a sheet is called what its table is, as far as a sheet may
            wish = re.sub(r"[\[\]:*?/\\']", '-', table['caption'][:27])
            name = names[-1] if table['sources'] else next(name for name in left if name.startswith(wish))
            left.remove(name)
            numbers, texts, root = cells_of(book, f'xl/worksheets/sheet{names.index(name) + 1}.xml', strings)
            check_table(table, numbers, texts)
            assert next(root.iter(f'{SHEET}pane')).get('state') == 'frozen'
            for note in table['notes']:
                assert any(note in text for text in texts)
        charts = [name for name in book.namelist() if re.match(r'xl/charts/chart\d+\.xml', name)]
        assert len(charts) == sum(block['kind'] == 'chart' for block in report['blocks'])
        for chart in charts:
            # what a chart refers to are cells
            for formula in re.findall(r'<c:f>(.*?)</c:f>', book.read(chart).decode()):
                assert re.fullmatch(r"('[^']+'|\w+)!\$[A-Z]+\$\d+(:\$[A-Z]+\$\d+)?", formula), formula


def main():
    with open(path('r.json'), encoding='utf-8') as file:
        report = json.load(file)
    assert report['format'] == 'metricsd.report' and report['version'] == 1
    check_html()
    check_contrast()
    check_csv(report)
    check_xlsx(report)


main()
