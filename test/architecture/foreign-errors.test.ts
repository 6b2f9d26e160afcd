import { describe, expect, test } from '@jest/globals'
import * as core from '@portolan/core'
import * as iptables from '@portolan/iptables'
import * as netfilter from '@portolan/netfilter'
import * as ipNum from '@portolan/netfilter/ip-num'
import * as sysctls from '@portolan/netfilter/sysctls'
import * as text from '@portolan/netfilter/text'
import * as nftables from '@portolan/nftables'
import * as testing from '@portolan/testing'
import * as machine from 'portolan/machine'
import * as picture from 'portolan/picture'
import { packageEntries } from '../../script/package-entries.js'
import { type Parameter, partsBetween, type Signature, signaturesOf } from './signatures.ts'

/**
 * JavaScript callers have no compiler that checks types. A person or another program writes some arguments: texts,
 * addresses, prefixes, pools and options. A function that takes only such arguments must answer any other value with an
 * error of Portolan, and compute nothing from it. A function that also takes the result of another function (facts,
 * rulesets, leases, plans) relies on its types: the READMEs say so.
 */
const entries: Readonly<Record<string, object>> = {
  '@portolan/core': core,
  '@portolan/iptables': iptables,
  '@portolan/netfilter': netfilter,
  '@portolan/netfilter/ip-num': ipNum,
  '@portolan/netfilter/sysctls': sysctls,
  '@portolan/netfilter/text': text,
  '@portolan/nftables': nftables,
  '@portolan/testing': testing,
  'portolan/machine': machine,
  'portolan/picture': picture,
}

/** These functions open folders, sockets and processes of this machine. `portolan` has its own suite for them. */
const onMachine = /^(portolan|@portolan\/(cni|etcd|host)(\/.*)?)$/

/** Entries that exist for other packages only, or that re-export another entry. */
const forPackages =
  /\/(advice|after-silence|analysis|block-store-error|netlink|planning|schema)$|^portolan\/(ip-num|netfilter)$|\/(jest|vitest)$/

type Kind = 'text' | 'texts' | 'options' | 'anything' | 'given'

const kindOf = ({ type, isOptional }: Parameter): Kind => {
  const parts = partsBetween(type, '|').filter((part) => part !== 'undefined' && part !== 'null')
  if (parts.every((part) => /^(string|(Address|Prefix|Pool)Input)$/.test(part))) return 'text'
  if (/^(readonly string\[\]|(Iterable|ReadonlySet)<string>)$/.test(type)) return 'texts'
  if (/^\w+Options$/.test(type) || (type.startsWith('{') && isOptional)) return 'options'
  return type === 'unknown' ? 'anything' : 'given'
}

const symbol = Symbol('s')
const others: readonly unknown[] = [undefined, null, 0, Number.NaN, 1n, true, {}, [], symbol, () => 0]

/** Values of another type. */
const wrong: Readonly<Record<Kind, readonly unknown[]>> = {
  text: [...others, ['x']],
  texts: [...others.filter((one) => !Array.isArray(one)), [0], [null], [symbol]],
  options: [...others.filter((one) => one?.constructor !== Object), 'x', { noSuchOption: 1 }],
  anything: [],
  given: [],
}

/** Values of the right type. They may be refused, with an error of Portolan. */
const hostile: Readonly<Record<Kind, readonly unknown[]>> = {
  text: ['', 'x', '\0', '[', '{"', '-1', '::/0', 'x'.repeat(300)],
  texts: [[], [''], ['x', 'x']],
  options: [{}],
  anything: [...others, '', 'x', ['x'], { x: 1 }],
  given: [],
}

/** Values for the other arguments. undefined: only functions of the library make such a value. */
const samples: Readonly<Record<string, unknown>> = {
  AddressInput: '10.0.0.1',
  Family: 'ip',
  PoolInput: 'classic',
  PrefixInput: '10.0.0.0/8',
  bigint: 1n,
  boolean: true,
  number: 1,
  'readonly string[]': [],
  'ReadonlySet<string>': new Set(),
  string: 'x',
  unknown: 'x',
}

const sampleOf = ({ type }: Parameter): unknown => {
  const [first = ''] = partsBetween(type, '|')
  if (first.startsWith("'")) return first.slice(1, -1)
  return first.includes('=>') ? () => 'x' : first.endsWith('Options') ? {} : samples[first]
}

const accepts = ({ type, isOptional }: Parameter, value: unknown): boolean =>
  (value === undefined && (isOptional || type.includes('undefined'))) ||
  (value === null && type.includes('null'))

const shown = (value: unknown): string =>
  typeof value === 'object' ? JSON.stringify(value) : typeof value === 'string' ? `"${value}"` : String(value)

type Call = (...given: readonly unknown[]) => unknown

/** Runs steps, because a generator begins only when it is run. */
const ranSteps = (answer: unknown): unknown =>
  typeof answer === 'object' && answer !== null && 'next' in answer
    ? core.runBlockSteps(core.memoryBlockStore(), answer as core.BlockSteps<unknown>)
    : answer

/** Null: an answer that means "none", or an error of Portolan. */
const faultOf = async (call: Call, given: readonly unknown[], isWrong: boolean): Promise<string | null> => {
  try {
    const answer = await ranSteps(call(...given))
    return isWrong && answer !== null && answer !== false ? `is taken: ${typeof answer}` : null
  } catch (error) {
    return error instanceof netfilter.PortolanError ? null : String(error)
  }
}

const faultsOf = async (call: Call, { parameters }: Signature): Promise<readonly string[]> => {
  const good = parameters.map((one) => (one.isOptional ? undefined : sampleOf(one)))
  const faults: string[] = []
  for (const [at, parameter] of parameters.entries()) {
    const kind = kindOf(parameter)
    for (const [values, isWrong] of [
      [wrong[kind], true],
      [hostile[kind], false],
    ] as const)
      for (const value of values) {
        if (isWrong && accepts(parameter, value)) continue
        const fault = await faultOf(
          call,
          good.map((one, index) => (index === at ? value : one)),
          isWrong,
        )
        if (fault !== null) faults.push(`${parameter.name} ${shown(value).slice(0, 40)}: ${fault}`)
      }
  }
  return faults
}

const asked = Object.entries(entries).flatMap(([specifier, exported]) => {
  const entry = packageEntries.find((one) => one.specifier === specifier)
  const report = specifier.split('/').slice(specifier.startsWith('@') ? 2 : 1)[0] ?? 'index'
  return signaturesOf(entry?.package ?? specifier, report)
    .filter(
      ({ parameters }) =>
        parameters.every((one) => one.isOptional || sampleOf(one) !== undefined) &&
        parameters.some((one) => kindOf(one) !== 'given'),
    )
    .map((signature) => ({
      name: `${specifier} ${signature.name}`,
      signature,
      call: (exported as Readonly<Record<string, Call>>)[signature.name],
    }))
})

describe('functions of the packages', () => {
  test('are those of all entries that do not touch this machine', () => {
    const known = packageEntries
      .filter((one) => !onMachine.test(one.specifier) && !forPackages.test(one.specifier))
      .map(({ specifier }) => specifier)
    expect(Object.keys(entries).sort()).toEqual([...known].sort())
    expect(asked.length).toBeGreaterThan(70)
  })

  test.each(asked)(
    '$name refuses what is no value of its types with an error of Portolan',
    async ({ call, signature }) => {
      if (call === undefined) throw new Error(`${signature.name} is not exported`)
      expect(await faultsOf(call, signature)).toEqual([])
    },
  )
})
