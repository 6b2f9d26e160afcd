import { createHash } from 'node:crypto'
import { placeText } from '@portolan/netfilter'
import { visibleData } from '@portolan/netfilter/text'
import type { Plan } from '../plan/plan.ts'
import { printSummary } from '../plan/print/print-plan.ts'
import { version } from '../version.ts'
import { type Content, element, htmlOf, type Markup, trusted } from './markup.ts'
import { packData, scriptJson } from './packed-data.ts'
import { pageStyle } from './page-style.ts'
import type { ReportQuestions } from './questions.ts'
import { conflictsPart } from './sections/conflicts.ts'
import { mappingsPart } from './sections/mappings.ts'
import { networksPart } from './sections/networks.ts'
import { paragraph, part } from './sections/tables.ts'
import { wayPart } from './sections/way.ts'

/** The beginning of a report's page. A file that begins so is known to be a report, and may be overwritten. */
export const reportStart = '<!doctype html>\n<html lang="en" data-made-by="portolan report">'

/** The parts of a page besides the plan. */
export interface ReportParts {
  readonly questions: ReportQuestions
  /** Address maps as SVG, escaped. */
  readonly drawings: readonly string[]
  /** The script of the page, as script/report-page.js makes it. */
  readonly script: string
}

/**
 * Prints a page that shows a plan: one file without anything outside it. Its content security policy (CSP) allows no
 * request, and no code but the script given here. Foreign text is only text in it, and characters that would not show
 * are written out.
 */
export const printReport = (plan: Plan, { questions, drawings, script }: ReportParts): string => {
  const shown = visibleData<Shown>({
    project: plan.project,
    backend: plan.backend,
    subnets: plan.subnets,
    addresses: plan.addresses,
    conflicts: plan.conflicts.map(withoutTrace),
    incomplete: plan.incomplete,
    desired: plan.desired,
    added: plan.added,
    withdrawn: plan.withdrawn,
    notes: plan.notes,
    summary: plan.summary,
  })
  const style = pageStyle()
  const body = element(
    'body',
    {},
    element('a', { class: 'r-skip', href: '#main' }, 'Skip to the report'),
    head(shown),
    element(
      'main',
      { class: 'r-main', id: 'main' },
      conflictsPart(shown.conflicts, shown.incomplete),
      wayPart(visibleData(withoutRules(questions))),
      mappingsPart(shown),
      networksPart(shown, drawings),
      notesPart(shown.notes),
    ),
    element('footer', { class: 'r-foot r-quiet' }, paragraph(`Made by portolan ${version} report.`)),
    element(
      'script',
      { type: 'application/json', id: 'questions' },
      trusted(scriptJson(packData(questions))),
    ),
    element('script', {}, trusted(script)),
  )
  return `${reportStart}\n${htmlOf([pageHead(shown.project, policy(script, style), style), body])}\n</html>\n`
}

type Shown = Pick<
  Plan,
  | 'project'
  | 'backend'
  | 'subnets'
  | 'addresses'
  | 'conflicts'
  | 'incomplete'
  | 'desired'
  | 'added'
  | 'withdrawn'
  | 'notes'
  | 'summary'
>

/** Leaves out the trace of a conflict. A trace may be long, and the page works out the path of a packet by itself. */
const withoutTrace = (conflict: Plan['conflicts'][number]): Plan['conflicts'][number] => ({
  ...conflict,
  trace: [],
})

const withoutRules = (questions: ReportQuestions): ReportQuestions => ({
  ...questions,
  situations: questions.situations.map((one) => ({ ...one, rulesets: [] })),
})

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

const policy = (script: string, style: string): string =>
  [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')

const pageHead = (project: string, csp: string, style: string): Markup =>
  element(
    'head',
    {},
    element('meta', { charset: 'utf-8' }),
    element('meta', { 'http-equiv': 'Content-Security-Policy', content: csp }),
    element('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
    element('meta', { name: 'referrer', content: 'no-referrer' }),
    element('title', {}, `${project}: a report of Portolan`),
    element('style', {}, trusted(style)),
  )

const head = (plan: Shown): Markup =>
  element(
    'header',
    { class: 'r-top' },
    element('h1', {}, `Project ${plan.project}`),
    element('p', { class: 'r-lead' }, `${printSummary(plan)} Rules are for ${plan.backend}.`),
    element(
      'nav',
      { 'aria-label': 'Parts of this report' },
      element(
        'ul',
        { class: 'r-links' },
        links(plan).map(([id, words]) => element('li', {}, element('a', { href: `#${id}` }, words))),
      ),
    ),
  )

const links = ({ conflicts, notes }: Shown): readonly (readonly [id: string, words: string])[] => [
  ['conflicts', `Conflicts (${conflicts.length})`],
  ['way', 'The way of a packet'],
  ['mappings', 'Mappings'],
  ['networks', 'Addresses'],
  ...(notes.length === 0 ? [] : [['notes', `Notes (${notes.length})`] as const]),
]

const notesPart = (notes: Shown['notes']): Content =>
  notes.length === 0
    ? []
    : part(
        'notes',
        'Notes',
        element(
          'ul',
          {},
          notes.map(({ text, place }) =>
            element('li', {}, `${place === null ? '' : `${placeText(place)}: `}${text}`),
          ),
        ),
      )
