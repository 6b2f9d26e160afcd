import { describe, expect, test } from '@jest/globals'
import type { Runner } from '@portolan/core'
import { InvalidRequestError, MissingToolError } from '@portolan/netfilter'
import { assumeBackend } from '../../src/backend/assume-backend.ts'
import { type BackendChoice, parseBackendChoice } from '../../src/backend/backend.ts'
import { chooseBackend } from '../../src/backend/choose-backend.ts'

/** A host with these programs and their version texts; null: the program exists and fails. */
const host = (programs: Readonly<Record<string, string | null>>): Runner & { readonly calls: string[] } => {
  const calls: string[] = []
  return {
    calls,
    run: async (command, args) => {
      calls.push([command, ...args].join(' '))
      const stdout = programs[command]
      if (stdout === undefined) throw new MissingToolError(command, command)
      return { exitCode: stdout === null ? 1 : 0, stdout: stdout ?? '', stderr: '' }
    },
  }
}

const nft = 'nftables v1.1.3 (Commodore Bullmoose #4)\n'

describe('the word for a backend', () => {
  test.each(['auto', 'nftables', 'iptables', 'iptables-nft', 'iptables-legacy'])('may be %s', (word) => {
    expect(parseBackendChoice(word)).toBe(word)
  })

  test.each(['', 'nft', 'NFTABLES', 'iptables ', 'toString', '__proto__'])('may not be %j', (word) => {
    expect(() => parseBackendChoice(word)).toThrow(InvalidRequestError)
    expect(() => parseBackendChoice(word)).toThrow(
      `--backend ${word}: expected one of auto, nftables, iptables-nft, iptables-legacy, iptables.`,
    )
  })
})

describe('the backend of a host', () => {
  test.each<[string, BackendChoice, Readonly<Record<string, string | null>>, string]>([
    ['auto is nftables where nft is', 'auto', { nft, iptables: 'iptables v1.8.11 (legacy)\n' }, 'nftables'],
    [
      'auto is iptables where nft is not',
      'auto',
      { iptables: 'iptables v1.8.11 (nf_tables)\n' },
      'iptables-nft',
    ],
    [
      'auto is iptables where nft fails',
      'auto',
      { nft: null, iptables: 'iptables v1.8.11 (legacy)\n' },
      'iptables-legacy',
    ],
    [
      'iptables is the variant of its program',
      'iptables',
      { nft, iptables: 'iptables v1.8.11 (nf_tables)\n' },
      'iptables-nft',
    ],
    [
      'iptables that names legacy is legacy',
      'iptables',
      { nft, iptables: 'iptables v1.8.7 (legacy)\n' },
      'iptables-legacy',
    ],
    [
      'iptables that names no variant is legacy',
      'iptables',
      { nft, iptables: 'iptables v1.6.1\n' },
      'iptables-legacy',
    ],
  ])('%s', async (_, choice, programs, expected) => {
    expect(await chooseBackend(choice, host(programs))).toBe(expected)
  })

  test.each([
    ['nftables', 'nft', 'nftables'],
    ['iptables-nft', 'iptables-nft', 'iptables'],
    ['iptables-legacy', 'iptables-legacy', 'iptables'],
  ] as const)('that is named is that one, if its program is there: %s', async (choice, program, from) => {
    expect(await chooseBackend(choice, host({ [program]: 'v1' }))).toBe(choice)
    await expect(chooseBackend(choice, host({}))).rejects.toMatchObject({
      name: 'MissingToolError',
      tool: program,
      package: from,
    })
  })

  test.each(['nftables', 'iptables-nft', 'auto'] as const)(
    'whose program is there and says nothing is not called missing: %s',
    async (choice) => {
      const program = choice === 'iptables-nft' ? choice : 'nft'
      await expect(chooseBackend(choice, host({ [program]: null }))).rejects.toMatchObject({
        name: 'InspectError',
        message: `${program} is installed and does not run: "${program} --version" failed, it exited with code 1 and said nothing. Mend or reinstall it, or choose another with --backend.`,
      })
    },
  )

  test('is not iptables because nft was killed once', async () => {
    const killed: Runner = {
      run: async (command) =>
        command === 'nft'
          ? { exitCode: 137, stdout: '', stderr: 'nft was ended by SIGKILL.\n' }
          : { exitCode: 0, stdout: 'iptables v1.8.11 (legacy)', stderr: '' },
    }
    await expect(chooseBackend('auto', killed)).rejects.toThrow(
      'nft is installed and does not run: "nft --version" failed, nft was ended by SIGKILL. Run this again',
    )
  })

  test('is not iptables because nft could not open its libraries once', async () => {
    const lacking: Runner = {
      run: async (command) =>
        command === 'nft'
          ? {
              exitCode: 127,
              stdout: '',
              stderr:
                'nft: error while loading shared libraries: libnftables.so.1: cannot open shared object file: Error 24',
            }
          : { exitCode: 0, stdout: 'iptables v1.8.11 (legacy)', stderr: '' },
    }
    await expect(chooseBackend('auto', lacking)).rejects.toThrow(
      '"nft --version" failed: no more open files are allowed here (EMFILE). Close files',
    )
  })

  test('is missing where no program of any kind is there', async () => {
    await expect(chooseBackend('auto', host({}))).rejects.toMatchObject({
      tool: 'nft',
      package: expect.stringMatching(/nftables.*iptables/),
    })
    await expect(chooseBackend('iptables', host({ nft }))).rejects.toThrow(
      'iptables is not installed. Install the package iptables',
    )
  })

  test('is an error when a program cannot be asked', async () => {
    const broken: Runner = { run: () => Promise.reject(new Error('out of memory')) }
    await expect(chooseBackend('auto', broken)).rejects.toThrow('out of memory')
  })
})

describe('the backend of a host that cannot be asked', () => {
  test.each<[BackendChoice, string]>([
    ['auto', 'nftables'],
    ['iptables', 'iptables-nft'],
    ['nftables', 'nftables'],
    ['iptables-nft', 'iptables-nft'],
    ['iptables-legacy', 'iptables-legacy'],
  ])('%s is %s', (choice, expected) => {
    expect(assumeBackend(choice)).toBe(expected)
  })
})
