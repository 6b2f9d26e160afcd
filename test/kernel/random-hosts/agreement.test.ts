import { describe, expect, test } from '@jest/globals'
import type { Conflict } from '@portolan/core'
import { findFalseAlarms, findRowsToRepeat, isReported } from './agreement.ts'
import type { Answer } from './ask.ts'
import { sentFrom } from './question.ts'

const mapping = '192.0.2.2:8081/udp -> a1:81'

/** Two groups of replies are not tracked: those to a1 itself, and those to a part of the subnet on eth1. */
const conflict = {
  kind: 'Notrack',
  severity: 'error',
  certainty: 'certain',
  mapping,
  culprit: null,
  network: null,
  message: `Some packets from its own container and eth1 do not reach ${mapping}. Rule 4 takes them.`,
  witness: {
    family: 'ip',
    in: 'br-a',
    source: '172.30.1.10',
    sourcePort: 40_000,
    destination: '192.0.2.2',
    destinationPort: 8081,
    protocol: 'udp',
    state: 'new',
  },
} as unknown as Conflict

const asked = (sender: string, sourcePort: number, failure: string | null): Answer =>
  ({
    mapping,
    network: null,
    asker: 'a1',
    senderWords: sentFrom(sender),
    flow: {
      family: 'ip',
      protocol: 'udp',
      from: { kind: 'host', address: null },
      to: { address: '192.0.2.2', port: 8081 },
    },
    sourcePort,
    failure,
    outcome: { delivered: failure === null },
  }) as unknown as Answer

describe('an error about a row of the contract', () => {
  const servedOverEth1 = asked('eth1', 41_050, null)

  test('is not judged where a row was tested only from an unusual port: the row is tested once more', () => {
    const fromUnusual = asked('its own container', 10_711, 'timeout')
    expect(findRowsToRepeat([servedOverEth1, fromUnusual], [conflict])).toEqual([fromUnusual])
  })

  test('is right where a usual client gets no answer', () => {
    const answers = [servedOverEth1, asked('its own container', 41_051, 'timeout')]
    expect(findRowsToRepeat(answers, [conflict])).toEqual([])
    expect(findFalseAlarms(answers, [conflict])).toEqual([])
  })

  test('is a false alarm where each row that it names serves a usual client', () => {
    const answers = [
      servedOverEth1,
      asked('its own container', 10_711, 'timeout'),
      asked('its own container', 41_051, null),
    ]
    expect(findRowsToRepeat(answers, [conflict])).toEqual([])
    expect(findFalseAlarms(answers, [conflict])).toHaveLength(1)
  })
})

describe('a finding about a mapping that is bound to an interface', () => {
  const label = '0.0.0.0:8081/udp on eth0 -> a1:81'
  const bound = {
    ...conflict,
    mapping: label,
    message: `Connections from this host to ${label} open and then hang.`,
  } as unknown as Conflict
  const from = (sender: string): Answer => ({ ...asked(sender, 41_050, 'timeout'), mapping: label })

  test('is not about the machines behind that interface, though its label names the interface', () => {
    expect(isReported(from('eth0'), [bound])).toBe(false)
    expect(isReported(from('this host'), [bound])).toBe(true)
  })
})
