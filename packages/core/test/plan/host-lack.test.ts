import { describe, expect, test } from '@jest/globals'
import { hostLack, lackOf } from '../../src/index.ts'

const failed = (stderr: string) => lackOf({ exitCode: 1, stdout: '', stderr })?.why ?? null

describe('what a host lacks for a program', () => {
  test.each([
    [
      'iptables-nft-save: error while loading shared libraries: libxtables.so.12: cannot open shared object file: Error 24',
      'EMFILE',
    ],
    ['iptables-save v1.8.11 (legacy): Cannot initialize: Too many open files', 'EMFILE'],
    [
      'nft: error while loading shared libraries: libmnl.so.0: cannot open shared object file: Error 23',
      'ENFILE',
    ],
    ['sh: 1: cannot open /dev/null: Too many open files in system', 'ENFILE'],
    [
      'nft: error while loading shared libraries: libc.so.6: failed to map segment from shared object',
      'ENOMEM',
    ],
    ['src/mnl.c:194: Memory allocation failure', 'ENOMEM'],
    ['iptables: Memory allocation problem.', 'ENOMEM'],
    ['line 3: RULE_APPEND failed (Cannot allocate memory): rule in chain X', 'ENOMEM'],
    ['sh: 1: Cannot fork: Resource temporarily unavailable', 'EAGAIN'],
    ['sh: fork: retry: Resource temporarily unavailable', 'EAGAIN'],
    ["Can't lock /run/xtables.lock: Resource temporarily unavailable", null],
    ['iptables-restore: line 3 failed', null],
    ['', null],
  ])('is read in %j: %s', (stderr, name) => {
    const why = failed(stderr)
    if (name === null) expect(why).toBeNull()
    else expect(why).toContain(`(${name})`)
  })

  test('has a remedy for each error with which the kernel starts no program', () => {
    const codes = ['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'ENOENT']
    expect(codes.map((code) => hostLack(code)?.mend.endsWith('and run this again.') ?? null)).toEqual([
      true,
      true,
      true,
      true,
      null,
    ])
  })
})
