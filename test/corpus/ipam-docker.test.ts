import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { formatPrefix, InvalidRequestError, parsePrefix } from '@portolan/netfilter'
import { type Pool, PoolExhaustedError, parsePool, planSubnets } from '../../packages/core/src/pool/index.ts'
import { fromJson } from '../from-json.ts'

/** One case of Docker's TestDynamicPoolAllocation. */
interface Case {
  readonly name: string
  readonly pools: readonly { readonly base: string; readonly size: number }[]
  readonly allocated: readonly string[]
  readonly reserved: readonly string[]
  /** 0: the size of the pool. */
  readonly subnetSize: number
  readonly expect: string | null
  readonly error: 'ErrNoMoreSubnets' | 'ErrInvalidPool' | null
}

const file = join(import.meta.dirname, '../../../shared/corpus/ipam-docker.json')

/** Docker sorts its pools before use, and Portolan uses them in the written order. So they are sorted here. */
const sorted = (pools: Case['pools']): Case['pools'] =>
  pools.toSorted((a, b) => {
    const [first, second] = [parsePrefix(a.base), parsePrefix(b.base)]
    return first.base < second.base ? -1 : first.base > second.base ? 1 : first.length - second.length
  })

/**
 * The reserved prefixes before a pool's base. Six cases have the base 172.17.0.0/12. The Go test passes it without
 * masking, so the allocator begins in the middle of the pool. Portolan masks the base to 172.16.0.0/12, so the part
 * before the written base is reserved. That asks the same question.
 */
const beforeBase = (pools: Case['pools']): string[] =>
  pools.some(({ base }) => base === '172.17.0.0/12') ? ['172.16.0.0/16'] : []

const solve = ({ pools, allocated, reserved, subnetSize }: Case): string | undefined => {
  const own: Pool[] = sorted(pools).map(({ base, size }) => parsePool(`${base}:${size}`))
  const facts = { routes: [...reserved, ...beforeBase(pools)].map((destination) => ({ destination })) }
  const leases = allocated.map((subnet, at) => ({ project: 'docker', network: `n${at}`, subnet }))
  const size = subnetSize === 0 ? null : subnetSize
  const [plan] = planSubnets(facts, [{ network: 'web', family: 'ip', size }], own, { leases })
  return plan?.subnet
}

const present = existsSync(file)
const cases: readonly Case[] = present ? fromJson<Case[]>(readFileSync(file, 'utf8')) : []

describe("Docker's own cases of subnet allocation", () => {
  test('are there in CI', () => {
    if (!present) console.warn(`The corpus is not here (${file}): its cases were not run.`)
    expect(present || process.env.CI !== 'true').toBe(true)
    if (present) expect(cases).toHaveLength(31)
  })

  for (const [at, one] of cases.entries()) {
    const answer = one.error ?? one.expect
    test(`${at + 1}: ${one.name}: ${answer}`, () => {
      if (one.error === 'ErrNoMoreSubnets') expect(() => solve(one)).toThrow(PoolExhaustedError)
      else if (one.error === 'ErrInvalidPool') expect(() => solve(one)).toThrow(InvalidRequestError)
      else expect(solve(one)).toBe(one.expect === null ? null : formatPrefix(parsePrefix(one.expect)))
    })
  }
})
