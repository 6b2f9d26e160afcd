import { type Content, element, type Markup } from '../markup.ts'
import type { ReportQuestions } from '../questions.ts'
import { paragraph, part } from './tables.ts'

/** The form that asks for the path of a packet. The page's script shows the form, and answers. */
export const wayPart = (questions: ReportQuestions): Markup =>
  part(
    'way',
    'The way of a packet',
    element(
      'noscript',
      {},
      paragraph(
        'The way of a packet is worked out by a script in this page, which this browser does not run. ',
        element('code', {}, 'portolan explain'),
        ' tells the same.',
      ),
    ),
    element(
      'form',
      { id: 'ask', hidden: true, autocomplete: 'off', novalidate: true, 'aria-describedby': 'way-about' },
      element(
        'p',
        { class: 'r-quiet', id: 'way-about' },
        'Follows the first packet of a connection, and the answer to it, through every hook. Nothing is sent: the rules are evaluated in this page.',
      ),
      element('div', { class: 'r-fields' }, senderFields(questions), targetFields(questions)),
      situationFields(questions),
      element('p', { id: 'mistake', class: 'r-bad', role: 'alert' }),
      element('p', { class: 'r-send' }, element('button', { type: 'submit' }, 'Show the way')),
    ),
    element('div', { id: 'answer', class: 'r-answer', 'aria-live': 'polite', tabindex: -1 }),
  )

const senderFields = ({ senders, situations }: ReportQuestions): Markup => {
  const interfaces = (situations[0]?.facts.interfaces ?? []).flatMap(({ name }) => name ?? [])
  return element(
    'fieldset',
    {},
    element('legend', {}, 'From'),
    select('sender', 'Sender', [
      ...senders.map(({ label }, place): readonly [string, string] => [String(place), label]),
      ['', 'Another address'],
    ]),
    element('div', { class: 'r-pair' }, input('source', 'Address'), input('source-port', 'Port', 'numeric')),
    select('entry', 'Comes in by', [
      ['', 'The interface that the answer leaves by'],
      ...interfaces.map((name): readonly [string, string] => [name, name]),
    ]),
  )
}

const targetFields = ({ destinations }: ReportQuestions): Markup =>
  element(
    'fieldset',
    {},
    element('legend', {}, 'To'),
    select('target', 'Mapping', [
      ...destinations.map(({ label }, place): readonly [string, string] => [String(place), label]),
      ['', 'Another address'],
    ]),
    element(
      'div',
      { class: 'r-pair' },
      input('destination', 'Address'),
      input('destination-port', 'Port', 'numeric'),
    ),
    select(
      'protocol',
      'Protocol',
      ['tcp', 'udp', 'sctp', 'icmp', 'icmpv6'].map((name) => [name, name]),
    ),
  )

const situationWords = {
  planned: 'As apply would leave them',
  present: 'As they are now',
} as const

const situationFields = ({ situations }: ReportQuestions): Content =>
  situations.length < 2
    ? []
    : element(
        'fieldset',
        { class: 'r-choice r-send' },
        element('legend', {}, 'Rules of the host'),
        situations.map(({ key }, place) =>
          element(
            'label',
            {},
            element('input', { type: 'radio', name: 'situation', value: place, checked: place === 0 }),
            situationWords[key],
          ),
        ),
      )

const input = (id: string, name: string, mode = 'text'): Markup =>
  element(
    'label',
    {},
    name,
    element('input', {
      id,
      type: 'text',
      inputmode: mode,
      spellcheck: 'false',
      autocapitalize: 'none',
      'aria-describedby': 'mistake',
    }),
  )

const select = (
  id: string,
  name: string,
  options: readonly (readonly [value: string, name: string])[],
): Markup =>
  element(
    'label',
    {},
    name,
    element(
      'select',
      { id },
      options.map(([value, words]) => element('option', { value }, words)),
    ),
  )
