import type { StoryEffect, StoryStep, TraceEntry } from '@portolan/netfilter'
import type { Answer } from './ask.ts'
import { type Child, make } from './make.ts'

/**
 * Shows the path of a packet as elements. The end of the path comes first, for a reader that hears the page. Then each
 * hook and rule follows in order, in the words of `portolan explain`.
 * @param line - the command that tells the same
 * @param isPlanned - the command tells the same once the plan is applied
 */
export const showAnswer = ({ story, trace }: Answer, line: string, isPlanned: boolean): readonly Child[] => {
  const { beginning, there, back, later, ending, doubts } = story
  return [
    make('h3', '', 'Where it ends'),
    make('p', `r-ending ${ending.arrives ? 'r-good' : 'r-bad'}`, ending.sentence),
    make('h3', '', 'The way there'),
    make('p', '', beginning),
    there.length === 0 ? make('p', '', 'No rule changes or stops it.') : steps(there),
    back.length === 0 ? [] : [make('h3', '', 'The answer, on its way back'), steps(back)],
    later === null ? [] : [make('h3', '', 'After that'), make('p', '', later.beginning), steps(later.steps)],
    doubts.length === 0 ? [] : make('h3', '', 'What else may happen'),
    doubts.map(({ sentence, steps: list }) => [make('p', 'r-warning', sentence), steps(list)]),
    trace.length === 0 ? [] : traceTable(trace),
    make(
      'p',
      'r-quiet',
      isPlanned ? 'Once the plan is applied, the host tells the same: ' : 'The host tells the same: ',
      make('code', '', line),
      ' (with -f and the Compose file it knows the names of services).',
    ),
  ]
}

const looks: Readonly<Record<StoryEffect, string>> = {
  passes: '',
  changes: 'r-changed',
  stops: 'r-bad',
  'may stop': 'r-warning',
}

const steps = (list: readonly StoryStep[]): HTMLElement => {
  const made = make('ol', 'r-way', list.map(step))
  // A list without numbers is no list to some screen readers, unless it has this role.
  made.setAttribute('role', 'list')
  return made
}

const step = ({ stage, sentence, effect, rule }: StoryStep): HTMLElement =>
  make(
    'li',
    '',
    make('span', 'r-stage', stage),
    make('span', looks[effect], sentence),
    rule === null ? [] : [make('span', 'r-place', rule.place), make('code', '', rule.text)],
  )

const ways: Readonly<Record<TraceEntry['packet'], string>> = {
  1: 'there',
  2: 'back',
  3: 'there again',
  4: 'back again',
}

/** Every rule that acted on the packet, including rules that only lead to another chain. */
const traceTable = (trace: readonly TraceEntry[]): HTMLElement => {
  const columns = ['Way', 'Hook', 'Tool', 'Table', 'Chain', 'Rule', 'Verdict']
  const heads = columns.map((name) => {
    const head = make('th', '', name)
    head.scope = 'col'
    return head
  })
  const rows = trace.map(({ packet, hook, tool, family, table, chain, rule, verdict }) =>
    make(
      'tr',
      '',
      [ways[packet], hook, tool, table === null ? '' : `${family} ${table}`, chain ?? ''].map((text) =>
        make('td', '', text),
      ),
      make('td', 'r-code', rule),
      make('td', '', verdict),
    ),
  )
  const name = 'Every rule that acted on it, jumps too'
  const region = make(
    'div',
    'r-scroll',
    make(
      'table',
      '',
      make('caption', 'r-unseen', name),
      make('thead', '', make('tr', '', heads)),
      make('tbody', '', rows),
    ),
  )
  region.tabIndex = 0
  region.setAttribute('role', 'region')
  region.setAttribute('aria-label', name)
  return make('details', '', make('summary', '', `${name} (${trace.length})`), region)
}
