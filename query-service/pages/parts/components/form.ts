import { useEffect, useRef, useState } from 'preact/hooks';
import { errorOf, type Problem } from '../api/problem.ts';
import { type Children, html } from '../html.ts';
import { texts } from '../texts/texts.ts';
import { Button } from './button.ts';
import { Field, type FieldSpec, type Value, type Values } from './field.ts';
import { Notice, ProblemNotice } from './notice.ts';

export interface FormProps {
  readonly fields: readonly FieldSpec[];
  readonly submit: string;
  readonly danger?: boolean | undefined;
  /** Does what the form is for; a problem is shown, at its fields where it names some. */
  readonly onSubmit: (values: Values) => Promise<Problem | undefined>;
  readonly onCancel?: () => void;
  /** The page's own texts for codes that it expects. */
  readonly known?: Readonly<Record<string, string>>;
  /** What stands between the fields and the buttons, for these values. */
  readonly below?: (values: Values) => Children;
  /** The first field is focused when the form appears. */
  readonly autofocus?: boolean;
}

const initialValue = ({ kind, value, options }: FieldSpec): Value =>
  value ??
  (kind === 'checkbox'
    ? false
    : kind === 'checks'
      ? []
      : kind === 'select'
        ? (options?.[0]?.value ?? '')
        : '');

/** The values of the fields that are shown. */
export const shownValues = (fields: readonly FieldSpec[], values: Values): Values =>
  Object.fromEntries(
    fields
      .filter(({ when }) => when?.(values) ?? true)
      .map((field) => [field.name, values[field.name] ?? initialValue(field)]),
  );

/** A form made of data: it keeps what was typed, says what is wrong where it is wrong, and leads there. */
export function Form(props: FormProps) {
  const { fields, onSubmit, onCancel, known = {}, below } = props;
  const [typed, setTyped] = useState<Values>({});
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const values: Values = {
    ...Object.fromEntries(fields.map((field) => [field.name, initialValue(field)])),
    ...typed,
  };
  const shown = fields.filter(({ when }) => when?.(values) ?? true);
  const named = shown.some(({ name }) => errorOf(problem, name) !== undefined);
  useEffect(() => {
    if (props.autofocus) form.current?.querySelector<HTMLElement>('[data-autofocus]')?.focus();
  }, [props.autofocus]);
  useEffect(() => {
    if (named) form.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus();
  }, [problem, named]);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setProblem(undefined);
    try {
      setProblem(await onSubmit(shownValues(fields, values)));
    } finally {
      setBusy(false);
    }
  };
  return html`<form class="form" ref=${form} onSubmit=${submit}>
    ${shown.map(
      (
        spec,
        index,
      ) => html`<${Field} key=${spec.name} spec=${spec} value=${values[spec.name]} autofocus=${index === 0}
        error=${errorOf(problem, spec.name)} onChange=${(value: Value) => setTyped((before) => ({ ...before, [spec.name]: value }))} />`,
    )}
    ${problem && (named ? html`<${Notice} tone="bad">${texts.fieldsWrong}<//>` : html`<${ProblemNotice} problem=${problem} known=${known} />`)}
    ${below?.(shownValues(fields, values))}
    <div class="buttons">
      <${Button} submit kind=${props.danger ? 'danger' : 'primary'} busy=${busy}>${props.submit}<//>
      ${onCancel && html`<${Button} onClick=${onCancel}>${texts.cancel}<//>`}
    </div>
  </form>`;
}
