import { describe, expect, test } from '@jest/globals'
import type { Runner, RunResult } from '@portolan/core'
import { InspectError, PermissionError } from '@portolan/netfilter'
import { inspectAll } from '../../src/index.ts'

const listing = (...names: readonly string[]): string =>
  JSON.stringify({ nftables: names.map((name) => ({ table: { family: 'inet', name, handle: 1 } })) })

const printed = (stdout: string): RunResult => ({ exitCode: 0, stdout, stderr: '' })
const failed = (stderr: string): RunResult => ({ exitCode: 1, stdout: '', stderr })

/** An nft that answers by what it is asked to list. */
const nft = (answers: Readonly<Record<string, RunResult>>): Runner => ({
  run: async (_command, args) =>
    answers[args.slice(2).join(' ')] ?? failed(`not expected: ${args.join(' ')}`),
})

test('reads all tables at once, foreign ones too', async () => {
  const { ruleset, unread } = await inspectAll(nft({ ruleset: printed(listing('portolan', 'firewalld')) }))
  expect(ruleset.tables.map(({ name }) => name)).toEqual(['portolan', 'firewalld'])
  expect(unread).toEqual([])
})

test('reads the others when nft stumbles over one table, and names that one', async () => {
  const { ruleset, unread } = await inspectAll(
    nft({
      ruleset: failed('BUG: unknown expression type'),
      tables: printed(listing('a', 'new', 'b')),
      'table inet a': printed(listing('a')),
      'table inet new': failed('BUG: unknown expression type'),
      'table inet b': printed(listing('b')),
    }),
  )
  expect(ruleset.tables.map(({ name }) => name)).toEqual(['a', 'b'])
  expect(unread).toEqual([
    expect.stringMatching(/^The nftables table inet new could not be read: .*BUG: unknown expression type/),
  ])
})

test('reads one by one too when what was printed is cut short', async () => {
  const { unread } = await inspectAll(
    nft({
      ruleset: printed('{"nftables": ['),
      tables: printed(listing('a')),
      'table inet a': printed(listing('a')),
    }),
  )
  expect(unread).toEqual([])
})

test('says which capability is missing', async () => {
  const refused = nft({ ruleset: failed('Operation not permitted (you must be root)') })
  await expect(inspectAll(refused)).rejects.toBeInstanceOf(PermissionError)
})

test('fails when not even the names of the tables can be read', async () => {
  const broken = failed('Error: Could not process rule: Protocol not supported')
  await expect(inspectAll(nft({ ruleset: broken, tables: broken }))).rejects.toBeInstanceOf(InspectError)
})

describe('a table that a program keeps for itself', () => {
  const kept = JSON.stringify({
    nftables: [
      { table: { family: 'inet', name: 'guard', handle: 1, flags: ['owner'] } },
      { table: { family: 'inet', name: 'progname', handle: 2 } },
    ],
  })
  const programs = async (text: RunResult): Promise<readonly (string | undefined)[]> => {
    const { ruleset } = await inspectAll(nft({ ruleset: printed(kept), 'table inet guard': text }))
    return ruleset.tables.map(({ program }) => program)
  }

  test('is read with the name of the program, which nft prints in text', async () => {
    const text = 'table inet guard { # progname guard daemon\n\tflags owner\n}\n'
    expect(await programs(printed(text))).toEqual(['guard daemon', undefined])
  })

  test('has none where nft does not see the program, or the table is gone', async () => {
    expect(await programs(printed('table inet guard {\n\tflags owner\n}\n'))).toEqual([undefined, undefined])
    expect(await programs(failed('No such file or directory'))).toEqual([undefined, undefined])
  })
})
