import { describe, expect, test } from '@jest/globals'
import { InvalidRequestError } from '@portolan/netfilter'
import * as core from '../src/index.ts'

type Call = (...given: readonly unknown[]) => unknown

// Callers in JavaScript pass whatever they like.
const functions = core as unknown as Readonly<Record<string, Call>>

const shop = core.intent('shop').network('web')
const { desired } = core.resolve(shop, {})
const host = { addresses: ['192.0.2.2'] }
const flow = {
  ...{ family: 'ip', protocol: 'tcp' },
  from: { kind: 'machine', address: '192.0.2.9', interface: 'eth0' },
  to: { address: '192.0.2.2', port: 80 },
}

describe('arguments that a caller in JavaScript may get wrong', () => {
  test.each<[string, readonly unknown[], string]>([
    ['resolve', [], 'the intent is missing: expected what readCompose() or intent() gives.'],
    ['resolve', [{ project: 'shop' }, {}], 'the intent is {"project":"shop"}: expected what'],
    ['resolve', [shop, null], 'the facts is null: expected an object such as readHost() gives.'],
    ['resolve', [shop, {}, null], 'the options of resolve are null: expected an object.'],
    ['resolve', [shop, {}, { alow: [] }], 'the options of resolve have no "alow"'],
    ['resolve', [shop, {}, { move: 'web' }], 'move in the options of resolve is "web": expected a list'],
    ['reach', [desired, undefined, host], 'the flow is missing: expected an object such as { family'],
    ['reach', [desired, { ...flow, to: '192.0.2.2:80' }, host], 'the flow is {"family":"ip"'],
    ['reach', [desired, flow], 'the host is missing: expected an object such as { addresses'],
    ['parsePortMapping', ['80', 5], 'the argument source is 5: expected a text.'],
    ['firstFreeAddress', ['10.0.0.0/8', ['10.0.0.1']], 'the argument taken is ["10.0.0.1"]: expected a set'],
    ['parseDotenv', ['A=1', { src: '.env' }], 'the options of parseDotenv have no "src"'],
  ])('%s names the one that is wrong: %#', (name, given, words) => {
    const call = () => functions[name]?.(...given)
    expect(call).toThrow(InvalidRequestError)
    expect(call).toThrow(words)
  })
})
