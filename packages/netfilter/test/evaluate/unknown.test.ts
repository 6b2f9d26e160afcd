import { describe, expect, test } from '@jest/globals'
import {
  compare,
  constant,
  type ElementTable,
  evaluate,
  field,
  jumpTo,
  oneOf,
  type Step,
  type UnknownMatchStep,
} from '../../src/index.ts'
import {
  accept,
  base,
  chain,
  dnat,
  drop,
  facts,
  fromLan,
  hasMark,
  nat,
  ruleset,
  setMark,
  table,
  tcpDport,
} from './model.ts'

const unknown: UnknownMatchStep = { kind: 'unknown-match', text: '-m recent', random: false }
const chance: UnknownMatchStep = { kind: 'unknown-match', text: 'statistic', random: true }
const note: Step = { kind: 'note', text: 'log' }
const input = (...rules: readonly (readonly Step[])[]): ReturnType<typeof ruleset> =>
  ruleset(table({}, base('input', 0, {}, ...rules)))

describe('what cannot be known', () => {
  test('is followed both ways; the course without it is told first', () => {
    const found = evaluate(fromLan, facts, input([unknown, drop]))
    expect(found).toMatchObject({ outcome: 'local', certainty: 'possible', culprit: null })
    expect(found.alternatives).toHaveLength(1)
    expect(found.alternatives[0]).toMatchObject({ outcome: 'dropped', culprit: { text: 'rule 1 of input0' } })
  })

  test('does not matter where both ways end alike', () => {
    expect(evaluate(fromLan, facts, input([unknown, accept], [accept]))).toMatchObject({
      outcome: 'local',
      certainty: 'certain',
    })
    expect(evaluate(fromLan, facts, input([unknown, drop], [drop]))).toMatchObject({
      outcome: 'dropped',
      certainty: 'certain',
    })
  })

  test('does not matter where the rule only logs, or a known match beside it fails', () => {
    expect(evaluate(fromLan, facts, input([unknown, note])).certainty).toBe('certain')
    expect(evaluate(fromLan, facts, input([unknown, tcpDport(1), drop])).certainty).toBe('certain')
  })

  test('is not an answer when negated', () => {
    const negated: Step = { kind: 'any-of', alternatives: [[unknown]], negated: true }
    expect(evaluate(fromLan, facts, input([negated, drop])).certainty).toBe('possible')
    const settled: Step = { kind: 'any-of', alternatives: [[unknown], [tcpDport(8080)]], negated: false }
    expect(evaluate(fromLan, facts, input([settled, drop]))).toMatchObject({
      outcome: 'dropped',
      certainty: 'certain',
    })
  })

  test('meets again behind a chain that changed nothing', () => {
    const jumps = Array.from({ length: 40 }, () => [unknown, jumpTo('sub')])
    const rules = ruleset(table({}, base('input', 0, {}, ...jumps), chain('sub', [tcpDport(1), drop])))
    expect(evaluate(fromLan, facts, rules)).toMatchObject({ outcome: 'local', certainty: 'certain' })
  })

  test('in great number does not take for ever: what was not followed makes it possible', () => {
    const marks = Array.from({ length: 24 }, (_, bit) => [
      unknown,
      setMark({ kind: 'bitwise', operator: 'or', left: field('mark'), right: constant(2 ** bit) }),
    ])
    const found = evaluate(fromLan, facts, input(...marks, [hasMark(0xffffff), drop]))
    expect(found.certainty).toBe('possible')
  })

  test('by chance reaches one target or the other, and each is certain to be reached', () => {
    const rules = ruleset(
      table({}, nat('prerouting', -100, [chance, dnat('172.17.0.2', 80)], [dnat('172.17.0.3', 80)])),
    )
    const found = evaluate(fromLan, facts, rules)
    expect(found).toMatchObject({ outcome: 'forwarded', certainty: 'certain' })
    expect(found.alternatives).toHaveLength(1)
    expect(evaluate(fromLan, facts, input([chance, drop])).certainty).toBe('possible')
  })

  test('of a target may accept, drop or go on', () => {
    const found = evaluate(fromLan, facts, input([{ kind: 'unknown-action', text: '-j XYZ' }]))
    expect(found).toMatchObject({ outcome: 'local', certainty: 'possible' })
    expect(
      evaluate(fromLan, facts, input([{ kind: 'unknown-action', text: '-j XYZ' }], [drop])),
    ).toMatchObject({ outcome: 'dropped', certainty: 'possible' })
  })

  test('an unknown mark matches perhaps', () => {
    const random = { kind: 'unknown', text: 'jhash', random: false, range: { first: 0, last: 3 } } as const
    expect(evaluate(fromLan, facts, input([setMark(random)], [hasMark(1), drop])).certainty).toBe('possible')
  })
})

describe('sets', () => {
  const set = (more: Partial<ElementTable>): ElementTable => ({
    name: 's',
    elements: [],
    otherwise: null,
    complete: true,
    ...more,
  })
  const saddr = field('saddr', { family: 'ip' })
  const dport = field('dport', { protocols: [6] })
  const lookup = (elements: ElementTable, negated = false): Step => ({
    kind: 'lookup',
    key: [saddr, dport],
    table: elements,
    negated,
  })
  const ranges = set({
    elements: [
      {
        key: [{ kind: 'ranges', ranges: [{ first: 0xc0000200, last: 0xc00002ff }] }, oneOf(8080)],
        data: { kind: 'member' },
      },
      { key: [oneOf(0x0a000001), oneOf(22)], data: { kind: 'member' } },
    ],
  })

  test('of concatenated keys match part by part', () => {
    expect(evaluate(fromLan, facts, input([lookup(ranges), drop])).outcome).toBe('dropped')
    expect(evaluate({ ...fromLan, destinationPort: 22 }, facts, input([lookup(ranges), drop])).outcome).toBe(
      'local',
    )
    expect(
      evaluate({ ...fromLan, destinationPort: 22 }, facts, input([lookup(ranges, true), drop])).outcome,
    ).toBe('dropped')
    expect(
      evaluate({ ...fromLan, protocol: 'udp' }, facts, input([lookup(ranges, true), drop])).outcome,
    ).toBe('local')
  })

  test('that are not complete may hold the key, and may have lost it', () => {
    const open = set({ ...ranges, complete: false })
    expect(evaluate(fromLan, facts, input([lookup(open), drop])).certainty).toBe('possible')
    expect(evaluate({ ...fromLan, destinationPort: 1 }, facts, input([lookup(open), drop])).certainty).toBe(
      'possible',
    )
  })

  test('of verdicts send the packet where its key says, and the rest to the catch-all', () => {
    const verdicts = set({
      elements: [{ key: [oneOf(8080)], data: { kind: 'verdict', verdict: { kind: 'jump', chain: 'sub' } } }],
      otherwise: { kind: 'verdict', verdict: { kind: 'drop' } },
    })
    const rules = ruleset(
      table(
        {},
        base('input', 0, {}, [{ kind: 'dispatch', key: [dport], table: verdicts }], [setMark(1)]),
        chain('sub', [accept]),
      ),
    )
    expect(evaluate(fromLan, facts, rules).outcome).toBe('local')
    expect(evaluate({ ...fromLan, destinationPort: 9 }, facts, rules).outcome).toBe('dropped')
    expect(evaluate({ ...fromLan, protocol: 'udp' }, facts, rules).outcome).toBe('local')
  })

  test('of verdicts chosen by a known number of random keys follow each, and none besides', () => {
    const verdicts = set({
      elements: [
        { key: [oneOf(0)], data: { kind: 'verdict', verdict: { kind: 'drop' } } },
        { key: [oneOf(1)], data: { kind: 'verdict', verdict: { kind: 'drop' } } },
      ],
    })
    const numgen = (last: number) =>
      ({ kind: 'unknown', text: 'numgen', random: true, range: { first: 0, last } }) as const
    const dispatch = (last: number): Step => ({ kind: 'dispatch', key: [numgen(last)], table: verdicts })
    expect(evaluate(fromLan, facts, input([dispatch(1)]))).toMatchObject({
      outcome: 'dropped',
      certainty: 'certain',
    })
    expect(evaluate(fromLan, facts, input([dispatch(2)]))).toMatchObject({ certainty: 'possible' })
  })

  test('many ranges are searched', () => {
    const ports = {
      kind: 'ranges',
      ranges: Array.from({ length: 100 }, (_, at) => ({ first: at * 100, last: at * 100 + 9 })),
    } as const
    expect(
      evaluate({ ...fromLan, destinationPort: 8005 }, facts, input([compare(dport, ports), drop])).outcome,
    ).toBe('dropped')
    expect(
      evaluate({ ...fromLan, destinationPort: 8010 }, facts, input([compare(dport, ports), drop])).outcome,
    ).toBe('local')
  })
})
