import { describe, expect, test } from '@jest/globals'
import { compile, createdBy, diff, emptyRuleset, listBaseTables, removeCreated } from '../../src/index.ts'
import { desiredState, mapping } from '../support/desired.ts'
import { fakeRunner } from '../support/fake-runner.ts'

const changes = diff(emptyRuleset, compile(desiredState([mapping(8080)])))

const listing = (...items: readonly object[]) => ({ stdout: JSON.stringify({ nftables: items }) })
const table = (name: string) => ({ table: { family: 'ip', name, handle: 1 } })
const base = (tableName: string, name: string, policy = 'accept') => ({
  chain: { family: 'ip', table: tableName, name, type: 'filter', hook: 'forward', prio: 0, policy },
})

describe('what we bring into being', () => {
  test('is the tables and base chains that were not there', () => {
    const before = [{ family: 'ip', table: 'filter', chains: ['INPUT'] } as const]
    expect(createdBy(before, changes)).toEqual([
      { family: 'ip', table: 'mangle', chains: ['INPUT', 'FORWARD'], whole: true },
      { family: 'ip', table: 'filter', chains: ['FORWARD'], whole: false },
      { family: 'ip', table: 'nat', chains: ['PREROUTING', 'OUTPUT', 'POSTROUTING'], whole: true },
    ])
    expect(createdBy(before, [])).toEqual([])
  })

  test('is found among the tables of iptables only', async () => {
    const runner = fakeRunner(() =>
      listing(table('nat'), base('nat', 'PREROUTING'), table('mine'), base('mine', 'FORWARD')),
    )
    expect(await listBaseTables(runner)).toEqual([{ family: 'ip', table: 'nat', chains: ['PREROUTING'] }])
  })

  test('goes when no program uses it, and stays when one does', async () => {
    const runner = fakeRunner((_, index) =>
      index === 0
        ? listing(
            table('mangle'),
            base('mangle', 'INPUT'),
            base('mangle', 'FORWARD'),
            table('filter'),
            base('filter', 'INPUT'),
            base('filter', 'FORWARD', 'drop'),
            table('nat'),
            base('nat', 'PREROUTING'),
            base('nat', 'OUTPUT'),
            { rule: { family: 'ip', table: 'nat', chain: 'PREROUTING', expr: [] } },
          )
        : {},
    )
    await removeCreated(createdBy([], changes), runner)
    expect(runner.calls[1]?.input).toBe(
      [
        'delete chain ip mangle INPUT',
        'delete chain ip mangle FORWARD',
        'delete table ip mangle',
        'delete chain ip nat OUTPUT',
        '',
      ].join('\n'),
    )
  })

  test('needs no program when there is nothing of it', async () => {
    const runner = fakeRunner(() => ({}))
    expect(await removeCreated([], runner)).toEqual([])
    expect(runner.calls).toEqual([])
  })
})
