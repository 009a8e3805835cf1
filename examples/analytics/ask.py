"""Asks questions of exported history tables with DuckDB, and prints the answers.

    pip install -r examples/analytics/requirements.txt
    python examples/analytics/ask.py FOLDER examples/analytics/questions/finance/mrr.sql …

FOLDER is what `cli history-tables export --out FOLDER` made. With --json each answer is one line of JSON.
"""

import argparse
import json
from pathlib import Path

import duckdb


def open_history(folder: str) -> duckdb.DuckDBPyConnection:
    """The history tables of an export and the metrics over them, read where they lie."""
    database = duckdb.connect()
    path = str(Path(folder).resolve()).replace("'", "''")
    database.execute(f"SET file_search_path = '{path}'")
    database.execute(Path(folder, 'history.duckdb.sql').read_text(encoding='utf-8'))
    return database


def answer(database: duckdb.DuckDBPyConnection, question: str) -> tuple[list[str], list[list[str]]]:
    """The columns and rows of a question's answer, as text; what is not there is empty."""
    result = database.execute(Path(question).read_text(encoding='utf-8'))
    columns = [column[0] for column in result.description]
    return columns, [['' if value is None else str(value) for value in row] for row in result.fetchall()]


def table(columns: list[str], rows: list[list[str]]) -> str:
    widths = [max(map(len, cells)) for cells in zip(columns, *rows)]
    lines = ['  '.join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in [columns, *rows]]
    return '\n'.join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('folder')
    parser.add_argument('question', nargs='+')
    parser.add_argument('--json', action='store_true')
    options = parser.parse_args()
    database = open_history(options.folder)
    for question in options.question:
        columns, rows = answer(database, question)
        if options.json:
            print(json.dumps({'columns': columns, 'rows': rows}))
        else:
            print(f'{question}\n\n{table(columns, rows)}\n')


if __name__ == '__main__':
    main()
