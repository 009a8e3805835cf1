"""Runs the code of the notebook without Jupyter, and saves its pictures.

    python examples/analytics/run-notebook.py FOLDER PICTURES

FOLDER is what `cli history-tables export --out FOLDER` made; PICTURES is a folder for the pictures, as SVG.
"""

import io
import json
import os
import re
import sys
from pathlib import Path

import matplotlib

matplotlib.use('svg')
# The same picture is the same file on any machine: no date, no random ids, no more digits than can be seen; text stays text.
matplotlib.rcParams.update({'svg.hashsalt': 'license-system', 'svg.fonttype': 'none'})
from matplotlib import pyplot  # noqa: E402 (the backend is chosen before)

folder, pictures = sys.argv[1:]
os.environ['HISTORY_FOLDER'] = folder
here = Path(__file__).parent
sys.path.insert(0, str(here))
notebook = json.loads((here / 'notebook.ipynb').read_text(encoding='utf-8'))
names = {'__name__': 'notebook'}
for cell in notebook['cells']:
    if cell['cell_type'] == 'code':
        exec(''.join(cell['source']), names)
for label in pyplot.get_figlabels():
    drawn = io.StringIO()
    figure = pyplot.figure(label)
    title = ', '.join(plot.get_title(loc='left') for plot in figure.axes)
    figure.savefig(drawn, metadata={'Date': None, 'Title': title})
    shorter = re.sub(
        r'<[^!>][^>]*>',
        lambda tag: re.sub(r'-?\d+\.\d{3,}', lambda number: f'{float(number[0]):.2f}', tag[0]),
        drawn.getvalue(),
    )
    Path(pictures, f'{label}.svg').write_text(re.sub(r' +$', '', shorter, flags=re.MULTILINE), encoding='utf-8')
