import { describe, expect, test } from '@jest/globals'
import type { Runner } from '@portolan/core'
import { InspectError, PermissionError } from '@portolan/netfilter'
import { compile, inspect, print } from '../../src/index.ts'
import { emptyRuleset } from '../../src/model/index.ts'
import { state } from '../arbitrary/example.ts'

const answering = (exitCode: number, stdout: string, stderr: string): Runner => ({
  run: async (command, args) => {
    expect([command, ...args]).toEqual(['nft', '-j', 'list', 'table', 'inet', 'portolan'])
    return { exitCode, stdout, stderr }
  },
})

describe('inspect', () => {
  test('reads our table and no other', async () => {
    const compiled = compile(state())
    expect(await inspect(answering(0, print(compiled, 'nft-json'), ''))).toEqual(compiled)
  })

  test('takes an absent table for nothing', async () => {
    const stderr = 'Error: No such file or directory\nlist table inet portolan\n'
    expect(await inspect(answering(1, '', stderr))).toEqual(emptyRuleset)
  })

  test('names the capability that is missing', async () => {
    const runner = answering(
      1,
      '',
      'Operation not permitted (you must be root)\nnetlink: Error: cache initialization failed: Operation not permitted\n',
    )
    await expect(inspect(runner)).rejects.toThrow(PermissionError)
  })

  test('gives the words of nft for any other failure', async () => {
    const runner = answering(1, '', 'Unable to initialize Netlink socket: Protocol not supported\n')
    const error = await inspect(runner).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(InspectError)
    expect(error).toMatchObject({ exitCode: 1, command: 'nft -j list table inet portolan' })
  })

  test('asks for both of an nft that cannot list: JSON in nft, and nf_tables in the kernel', async () => {
    await expect(inspect(answering(1, '', 'Error: JSON support not compiled-in.\n'))).rejects.toThrow(
      '"nft -j list table inet portolan" failed: Error: JSON support not compiled-in. Run it by hand to see more. Does this nft print JSON (0.9.0 or newer, built with it), and does this kernel have nf_tables?',
    )
  })
})
