import { useId, useState } from 'preact/hooks';
import { html } from '../html.ts';
import { texts } from '../texts/texts.ts';

export interface Option {
  readonly value: string;
  readonly label: string;
  readonly hint?: string | undefined;
}

export type Value = string | boolean | readonly string[];

/** A field of a form, as data. */
export interface FieldSpec {
  readonly name: string;
  readonly label: string;
  /** `checks` is a group of checkboxes: a list of the options that are chosen. `code` is something typed letter by letter. */
  readonly kind?:
    | 'text'
    | 'email'
    | 'password'
    | 'number'
    | 'date'
    | 'select'
    | 'checkbox'
    | 'checks'
    | 'textarea'
    | 'code'
    | 'url';
  readonly hint?: string | undefined;
  readonly required?: boolean;
  readonly value?: Value;
  readonly options?: readonly Option[];
  readonly autocomplete?: string;
  readonly min?: number | string;
  readonly max?: number | string;
  /** A regular expression that the text must match: the browser says so before anything is sent. */
  readonly pattern?: string;
  /** Shown only while the other fields say so. */
  readonly when?: (values: Values) => boolean;
}

export type Values = Readonly<Record<string, Value>>;

interface FieldProps {
  readonly spec: FieldSpec;
  readonly value: Value;
  readonly error?: string | undefined;
  readonly onChange: (value: Value) => void;
  readonly autofocus?: boolean;
}

type Changed = Event & { readonly currentTarget: HTMLInputElement };

/** A labelled control; what is wrong with it is tied to it, so that a screen reader says both. */
export function Field(props: FieldProps) {
  const id = useId();
  const { spec, value, error, onChange } = props;
  if (spec.kind === 'checks') return html`<${Checks} ...${props} />`;
  const described =
    [spec.hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ') || undefined;
  const common = {
    id,
    name: spec.name,
    'aria-describedby': described,
    'aria-invalid': error ? 'true' : undefined,
    'data-autofocus': props.autofocus ? 'true' : undefined,
  };
  const hint = spec.hint && html`<p class="hint" id=${`${id}-hint`}>${spec.hint}</p>`;
  const wrong = error && html`<p class="field-error" id=${`${id}-error`}>${error}</p>`;
  if (spec.kind === 'checkbox')
    return html`<div class="field check">
      <input type="checkbox" ...${common} checked=${value === true}
        onChange=${(event: Changed) => onChange(event.currentTarget.checked)} />
      <label for=${id}>${spec.label}</label>${hint}${wrong}
    </div>`;
  return html`<div class="field">
    <label for=${id}>${spec.label}${!spec.required && html`<span class="optional"> ${texts.optional}</span>`}</label>
    ${hint}
    <${Control} spec=${spec} value=${value} common=${{ ...common, required: spec.required }} onChange=${onChange} />
    ${wrong}
  </div>`;
}

interface ControlProps extends Pick<FieldProps, 'spec' | 'value' | 'onChange'> {
  readonly common: Readonly<Record<string, unknown>>;
}

function Control({ spec, value, common, onChange }: ControlProps) {
  const [shown, setShown] = useState(false);
  const change = (event: Changed) => onChange(event.currentTarget.value);
  switch (spec.kind) {
    case 'select':
      return html`<select ...${common} value=${value} onChange=${change}>
        ${spec.options?.map((one) => html`<option value=${one.value} selected=${one.value === value}>${one.label}</option>`)}
      </select>`;
    case 'textarea':
      return html`<textarea ...${common} rows="3" value=${value} onInput=${change}></textarea>`;
    case 'password':
      return html`<div class="with-toggle">
        <input ...${common} type=${shown ? 'text' : 'password'} value=${value} autocomplete=${spec.autocomplete}
          spellcheck=${false} autocapitalize="none" onInput=${change} />
        <button type="button" class="button quiet small" aria-pressed=${shown} aria-label=${texts.showPassword}
          title=${texts.showPassword} onClick=${() => setShown(!shown)}><${Eye} closed=${shown} /></button>
      </div>`;
    case 'code':
      return html`<input ...${common} type="text" class="code" value=${value} autocomplete=${spec.autocomplete ?? 'off'}
        inputmode=${spec.autocomplete === 'one-time-code' ? 'numeric' : undefined}
        spellcheck=${false} autocapitalize="none" onInput=${change} />`;
    default:
      return html`<input ...${common} type=${spec.kind ?? 'text'} value=${value} min=${spec.min} max=${spec.max} pattern=${spec.pattern}
        autocomplete=${spec.autocomplete ?? 'off'} onInput=${change} />`;
  }
}

/** An eye, with a stroke through it where pressing it hides. */
const Eye = ({
  closed,
}: {
  readonly closed: boolean;
}) => html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
  <path d="M2 12s3.6-7 10-7 10 7 10 7-3.6 7-10 7S2 12 2 12Z" /><circle cx="12" cy="12" r="3" />
  ${closed && html`<path d="M4 20 20 4" />`}
</svg>`;

/** A name such as `subscription.cancellation_withdrawn` may be wrapped after its dots and underscores. */
const breakable = (label: string) =>
  label.split(/(?<=[._])/).map((part, index) => html`${index > 0 && html`<wbr />`}${part}`);

function Checks({ spec, value, error, onChange }: FieldProps) {
  const id = useId();
  const chosen = Array.isArray(value) ? (value as readonly string[]) : [];
  const toggle = (option: string) =>
    onChange(chosen.includes(option) ? chosen.filter((one) => one !== option) : [...chosen, option]);
  return html`<fieldset class="field checks" aria-describedby=${error ? `${id}-error` : undefined}>
    <legend>${spec.label}</legend>
    ${spec.options?.map(
      (one) => html`<label class="check" key=${one.value}>
        <input type="checkbox" name=${spec.name} value=${one.value} checked=${chosen.includes(one.value)}
          onChange=${() => toggle(one.value)} />
        <span>${breakable(one.label)}${one.hint && html`<small>${one.hint}</small>`}</span>
      </label>`,
    )}
    ${error && html`<p class="field-error" id=${`${id}-error`}>${error}</p>`}
  </fieldset>`;
}
