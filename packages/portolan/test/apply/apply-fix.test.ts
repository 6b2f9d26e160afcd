import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { ApplyError, type Runner } from '@portolan/core'
import { type Fix, readState } from '@portolan/host'
import { applyFix } from '../../src/apply/apply-fix.ts'
import { openMemory } from '../../src/apply/host-memory.ts'
import { type FixChange, undoFix } from '../../src/plan/fix-change.ts'

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'portolan-fix-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const fix: Fix = {
  project: 'shop',
  name: 'DOCKER-USER',
  beneficiaries: ['web'],
  needs: [{ of: 'network', bridge: 'br-web', address: null, protocol: null, port: null }],
  commands: [
    ['fw', 'add', '1'],
    ['fw', 'add', '2'],
  ],
  undo: [
    ['fw', 'delete', '1'],
    ['fw', 'delete', '2'],
  ],
}

const asking: FixChange = {
  action: 'add',
  object: 'DOCKER-USER',
  description: 'Let web pass.',
  before: null,
  after: '',
  reverse: '',
  operation: { kind: 'ask', fix },
}

/** A program that refuses one command, and what it was told. */
const program = (refused = '', exitCode = 1): Runner & { readonly told: string[] } => {
  const told: string[] = []
  return {
    told,
    run: async (command, words) => {
      const line = [command, ...words].join(' ')
      told.push(line)
      return { exitCode: line === refused ? exitCode : 0, stdout: '', stderr: 'no' }
    },
  }
}

const apply = async (change: FixChange, runner: Runner): Promise<void> =>
  applyFix(change, await openMemory(directory), runner)

const remembered = async (): Promise<readonly Fix[]> => (await readState(directory)).fixes

describe('asking another program', () => {
  test('is remembered with its way back', async () => {
    const runner = program()
    await apply(asking, runner)
    expect(runner.told).toEqual(['fw add 1', 'fw add 2'])
    expect(await remembered()).toEqual([fix])
  })

  test('that refuses is an error, and what was done is remembered', async () => {
    await expect(apply(asking, program('fw add 2'))).rejects.toThrow(
      '"fw add 2" was refused: no (Let web pass.) Mend that, or apply without --fix.',
    )
    expect(await remembered()).toEqual([fix])
  })

  test('again, after an apply that ended halfway, asks for nothing twice', async () => {
    await expect(apply(asking, program('fw add 2'))).rejects.toThrow(ApplyError)
    const runner = program()
    await apply(asking, runner)
    expect(runner.told).toEqual(['fw delete 1', 'fw delete 2', 'fw add 1', 'fw add 2'])
    expect(await remembered()).toEqual([fix])
  })
})

describe('asking for more of what was asked before', () => {
  const reload = ['fw', 'reload']
  const first: Fix = {
    ...fix,
    name: 'firewalld',
    commands: [['fw', 'add', 'zone'], reload],
    undo: [['fw', 'delete', 'zone'], reload],
  }
  const more: Fix = {
    ...first,
    commands: [['fw', 'add', 'zone'], ['fw', 'add', 'policy'], reload],
    undo: [['fw', 'delete', 'policy'], ['fw', 'delete', 'zone'], reload],
  }
  const ask = (wanted: Fix): FixChange => ({ ...asking, operation: { kind: 'ask', fix: wanted } })

  test('makes it anew with one reload, so that nothing is missing in between, and remembers it once', async () => {
    await apply(ask(first), program())
    const runner = program('fw delete policy')
    await apply(ask(more), runner)
    expect(runner.told).toEqual([
      ...['fw delete policy', 'fw delete zone'],
      ...['fw add zone', 'fw add policy', 'fw reload'],
    ])
    expect(await remembered()).toEqual([more])
    await apply(undoFix(more), program())
    expect(await remembered()).toEqual([])
  })
})

describe('taking back what was asked', () => {
  test('is forgotten once it is done, also where some of it is gone already', async () => {
    await apply(asking, program())
    const runner = program('fw delete 1')
    await apply(undoFix(fix), runner)
    expect(runner.told).toEqual(['fw delete 1', 'fw delete 2'])
    expect(await remembered()).toEqual([])
  })

  test('of a program that is busy stays to be done', async () => {
    await apply(asking, program())
    await expect(apply(undoFix(fix), program('fw delete 1', 4))).rejects.toThrow('Try again.')
    expect(await remembered()).toEqual([fix])
  })
})
