import { isBan, isLimit } from '../../remedy/decision.ts'
import { culpritKey } from '../blame/blame.ts'
import { ruleForm } from '../follow/rule-form.ts'
import { type Finding, isOutward } from './finding.ts'
import { mergeFindings } from './merge-findings.ts'

/**
 * The most errors, and the most forms of rules in a chain, that are reported separately. Warnings about rules of one
 * form in a chain are reported together.
 */
const MOST_APART = 8

/**
 * Reports a list of bans as one finding, not as ten thousand. A rule of another form in the same chain is reported
 * separately while there are few forms.
 */
export const foldLists = (findings: readonly Finding[]): readonly Finding[] => {
  const apart: Finding[] = []
  const lists = new Map<string, [Finding, ...Finding[]]>()
  const forms = new Map<string, Set<string>>()
  for (const finding of findings) {
    if (finding.severity === 'error' && apart.length < MOST_APART) {
      apart.push(finding)
      continue
    }
    const { kind, step, severity } = finding
    const { tool, name } = step?.table ?? {}
    const place = [kind, isOutward(finding), severity, tool, name, step?.chain?.name, step?.hook].join(' ')
    const ofPlace = forms.get(place) ?? new Set<string>()
    forms.set(place, ofPlace)
    const form = step?.rule ? ruleForm(step.rule) : ''
    if (ofPlace.size < MOST_APART) ofPlace.add(form)
    const key = `${place} ${ofPlace.has(form) ? form : ''}`
    const list = lists.get(key)
    if (list === undefined) lists.set(key, [finding])
    else list.push(finding)
  }
  return [...apart, ...[...lists.values()].map(foldList)]
}

/**
 * Folds a list into its worst finding and counts the others. A finding behind another rule has no effect yet, so it is
 * not counted, unless all are behind one.
 */
const foldList = (list: readonly [Finding, ...Finding[]]): Finding => {
  const [first, ...more] = list
  if (more.length === 0) return first
  const ahead = list.filter(({ behind }) => behind.size === 0).length
  const counts = list.map(({ others }) => others)
  return {
    ...more.reduce(mergeFindings, first),
    others: Math.max((ahead || list.length) - 1, ...counts),
    otherCulprits: list.map(({ step }) => culpritKey(step)),
    mendedTogether: list.flatMap(({ step, certainty }) =>
      step?.rule && !isBan(step) && !isLimit(step, certainty) ? [step.rule] : [],
    ),
  }
}
