import { describe, expect, test } from '@jest/globals'
import { InvalidRequestError } from '@portolan/netfilter'
import { fromJson } from '../../../../test/from-json.ts'
import * as portolan from '../../src/index.ts'

/** What a caller in JavaScript, or a value from outside that was cast, may come to. */
type Anything = (...given: readonly unknown[]) => unknown

const shop = portolan.intent('shop')
const known = { facts: {}, rules: null, backend: 'nftables' }
const planned = await portolan.plan(shop, { facts: {}, rules: null, backend: 'nftables' })
const nothing: readonly unknown[] = []

/** For each function: wrong arguments, and the words of the message that name the wrong one. */
const wrong: Readonly<Record<string, readonly (readonly [given: readonly unknown[], names: string])[]>> = {
  intent: [
    [nothing, 'project'],
    [[5], 'project'],
    [[null], 'project'],
    [[['shop']], 'project'],
  ],
  plan: [
    [nothing, 'the intent'],
    [['x'], 'the intent'],
    [[{}], 'the intent'],
    [[{ project: 'shop' }], 'the intent'],
    [[null], 'the intent'],
    [[{ ...shop, networks: [5] }], 'the intent'],
    [[{ ...shop, mappings: [null] }], 'the intent'],
    [[shop, null], 'the options of plan'],
    [[shop, 'x'], 'the options of plan'],
    [[shop, []], 'the options of plan'],
    [[shop, { ...known, backnd: 'x' }], 'Did you mean "backend"?'],
    [
      [shop, { ...known, backend: 'x' }],
      'backend in the options of plan is "x": expected one of auto, nftables',
    ],
    [[shop, { ...known, backend: null }], 'backend'],
    [[shop, { ...known, facts: 'x' }], 'facts in the options of plan is "x"'],
    [[shop, { ...known, facts: null }], 'facts'],
    [[shop, { ...known, facts: { route: [] } }], 'Did you mean "routes"?'],
    [[shop, { ...known, facts: { routes: 'x' } }], 'routes in the facts'],
    [[shop, { ...known, facts: { interfaces: [5] } }], 'interfaces in the facts'],
    [[shop, { ...known, rules: 'x' }], 'rules'],
    [[shop, { ...known, rules: {} }], 'rules'],
    [[shop, { ...known, pools: 'banana' }], 'pools in the options of plan is "banana"'],
    [[shop, { ...known, pools: [5] }], 'pools'],
    [[shop, { ...known, pools: [null] }], 'pools'],
    [[shop, { ...known, pools: [{}] }], 'is no address and no prefix'],
    [[shop, { ...known, reserve: 5 }], 'reserve in the options of plan is 5'],
    [[shop, { ...known, reserve: [5] }], 'reserve'],
    [[shop, { ...known, allow: '10.0.0.0/8' }], 'allow'],
    [[shop, { ...known, config: 5 }], 'config'],
    [[shop, { ...known, config: {} }], 'config'],
    [[shop, { ...known, guardForwarding: 1 }], 'guardForwarding'],
    [[shop, { ...known, sysctls: 'no' }], 'sysctls'],
    [[shop, { ...known, fix: 'yes' }], 'fix'],
    [[shop, { ...known, move: 'web' }], 'move'],
    [[shop, { ...known, ownCommand: 'x' }], 'ownCommand'],
    [[shop, { ...known, runner: {} }], 'runner'],
    [[shop, { ...known, leases: {} }], 'leases'],
    [[shop, { ...known, stateDirectory: 5 }], 'stateDirectory'],
  ],
  apply: [
    [nothing, 'the plan'],
    [[{}], 'the plan'],
    [['x'], 'the plan'],
    [[fromJson(JSON.stringify(planned))], 'planFromJson'],
    [[planned, null], 'the options of apply'],
    [[planned, { onWayt: () => {} }], 'Did you mean "onWait"?'],
    [[planned, { onWait: 5 }], 'onWait'],
    [[planned, { onProgress: 'x' }], 'onProgress'],
    [[planned, { lockHeld: 1 }], 'lockHeld'],
    [[planned, { runner: () => {} }], 'runner'],
    [[planned, { leases: 'x' }], 'leases'],
    [[planned, { stateDirectory: 5 }], 'stateDirectory'],
  ],
  destroy: [
    [[null], 'the options of destroy'],
    [['shop'], 'the options of destroy'],
    [[{ projekt: 'shop' }], 'Did you mean "project"?'],
    [[{ project: 5 }], 'project'],
    [[{ project: null }], 'project'],
    [[{ keepLeases: 'yes' }], 'keepLeases'],
    [[{}, 'x'], 'the removal'],
    [[{}, {}], 'the removal'],
  ],
  planDestroy: [
    [[null], 'the options of planDestroy'],
    [['shop'], 'the options of planDestroy'],
    [[{ projekt: 'shop' }], 'Did you mean "project"?'],
    [[{ project: 5 }], 'project'],
  ],
  openHost: [
    [[null], 'the options of openHost'],
    [['shop'], 'the options of openHost'],
    [[{ state: '' }], 'state in the options of openHost is "": expected the path of a folder'],
    [[{ stat: '/tmp' }], 'Did you mean "state"?'],
    [[{ backend: 'x' }], 'backend'],
    [[{ project: 5 }], 'project'],
    [[{ state: 5 }], 'state'],
    [[{ leases: null }], 'leases'],
    [[{ runner: 5 }], 'runner'],
  ],
  script: [
    [nothing, 'the plan'],
    [[{}, 'nft'], 'the plan'],
    [[planned], 'the format of the script'],
    [[planned, 'x'], 'the format of the script is "x": expected one of nft,'],
  ],
  planFromJson: [
    [nothing, 'the plan'],
    [[5], 'the plan'],
    [[{}], 'the plan'],
    [[planned], 'JSON.stringify'],
  ],
  readCompose: [
    [nothing, 'the text of the Compose file'],
    [[5], 'the text of the Compose file'],
    [[Buffer.from('services: {}'), { source: 'compose.yaml' }], 'toString()'],
    [['services: {}'], 'the options of readCompose'],
    [['services: {}', null], 'the options of readCompose'],
    [['services: {}', {}], 'source in the options of readCompose'],
    [['services: {}', { source: 5 }], 'source'],
    [['services: {}', { source: 'a', projekt: 'shop' }], 'Did you mean "project"?'],
    [['services: {}', { source: 'a', project: 5 }], 'project'],
    [['services: {}', { source: 'a', folder: 5 }], 'folder'],
    [['services: {}', { source: 'a', environment: 'A=1' }], 'environment'],
    [['services: {}', { source: 'a', dotenv: 'A=1' }], 'dotenv'],
    [['services: {}', { source: 'a', profiles: 'x' }], 'profiles'],
    [['services: {}', { source: 'a', load: 'x' }], 'load'],
    [['services: {}', { source: 'a', loadVariables: 'x' }], 'loadVariables'],
  ],
  planSubnets: [
    [nothing, 'the facts'],
    [['x', []], 'the facts'],
    [[{}], 'the list of requests'],
    [[{ route: [] }, []], 'Did you mean "routes"?'],
    [[{ kind: 'host', routes: 'x' }, []], 'routes in the facts'],
    [[{}, 'x'], 'the list of requests'],
    [[{}, [null]], 'the list of requests'],
    [[{}, [{}]], 'the list of requests'],
    [[{}, [{ network: 'web' }]], 'family in the request for web'],
    [[{}, [{ network: 'web', family: 'ip', sze: 24 }]], 'Did you mean "size"?'],
    [[{}, [{ network: 'web', family: 'ip' }], 'classic'], 'the list of pools'],
    [[{}, [{ network: 'web', family: 'ip' }], ['classic']], 'the list of pools'],
    [[{}, [{ network: 'web', family: 'ip' }], [], null], 'the options of planSubnets'],
    [[{}, [{ network: 'web', family: 'ip' }], [], { reserved: [] }], 'Did you mean "reserve"?'],
    [[{}, [{ network: 'web', family: 'ip' }], [], { reserve: 5 }], 'reserve'],
    [[{}, [{ network: 'web', family: 'ip', subnet: 5 }]], '5 is no address and no prefix'],
  ],
  parsePool: [
    [nothing, 'a pool'],
    [[5], 'a pool'],
    [[null], 'a pool'],
    [[{}], 'is no address and no prefix'],
  ],
  openLeaseStore: [
    [nothing, 'the directory of the lease store'],
    [[5], 'the directory of the lease store'],
  ],
  readHost: [
    [[null], 'the options of readHost'],
    [['x'], 'the options of readHost'],
    [[{ processName: true }], 'Did you mean "processNames"?'],
    [[{ root: 5 }], 'root'],
  ],
  readConfig: [
    [[null], 'the options of readConfig'],
    [['/etc'], 'the options of readConfig'],
    [[{ rot: '/' }], 'Did you mean "root"?'],
    [[{ root: 5 }], 'root'],
    [[{ environment: 'HOME=/' }], 'environment'],
  ],
  lowerRules: [
    [nothing, 'the rules'],
    [[{}], 'the rules'],
    [[portolan.noRules, null], 'the options of lowerRules'],
    [[portolan.noRules, { numbered: {} }], 'the options of lowerRules'],
    [[portolan.noRules, { numberedAs: {} }], 'numberedAs'],
  ],
}

const isClass = (value: unknown): boolean => typeof value === 'function' && /^class\b/.test(String(value))
const surface: Readonly<Record<string, unknown>> = { ...portolan }

const thrownBy = async (run: Anything, given: readonly unknown[]): Promise<unknown> => {
  try {
    return await run(...given)
  } catch (error) {
    return error
  }
}

const builders: Readonly<Record<string, readonly (readonly [given: readonly unknown[], names: string])[]>> = {
  network: [
    [nothing, 'a network'],
    [[5], 'a network'],
    [['web', null], 'the options of a network'],
    [['web', { pol: 'classic' }], 'Did you mean "pool"?'],
    [['web', { pool: 5 }], 'pool'],
    [['web', { pool: [null] }], 'pool'],
    [['web', { internal: 'yes' }], 'internal'],
    [['web', { bridge: 5 }], 'bridge'],
    [['web', { hostBinding: 5 }], 'hostBinding'],
    [['web', { ipv4: 'x' }], 'ipv4'],
    [['web', { ipv4: { subnet: 5 } }], 'ipv4.subnet is 5'],
    [['web', { ipv4: { gateway: 5 } }], 'ipv4.gateway is 5'],
    [['web', { ipv6: { ipRange: [] } }], 'ipv6.ipRange'],
  ],
  service: [
    [nothing, 'a service'],
    [[5], 'a service'],
    [['w', null], 'the options of service w'],
    [['w', { prots: [] }], 'Did you mean "ports"?'],
    [['w', { ports: 8080 }], 'ports in the options of service w is 8080'],
    [['w', { ports: [8080] }], 'ports'],
    [['w', { ports: [{}] }], 'hostPort'],
    [['w', { ports: [{ hostPort: 8080 }] }], 'port'],
    [['w', { ports: [{ hostPort: 8080, port: 80, weight: 'x' }] }], 'weight of a port of w is "x"'],
    [['w', { ports: [{ hostPort: 8080, port: 80, allowFrom: [5] }] }], 'allowFrom'],
    [['w', { networks: 5 }], 'networks'],
    [['w', { networks: [5] }], 'networks'],
    [['w', { networks: { default: 5 } }], 'the options of w on network default'],
    [['w', { networks: { default: { ipv4: '10.0.0.2' } } }], 'the options of w on network default'],
    [['w', { networks: { default: { ip: 5 } } }], 'ip'],
    [['w', { networks: { default: { mac: 5 } } }], 'mac'],
  ],
}

describe('arguments that a caller in JavaScript may get wrong', () => {
  test('the table has all public functions', () => {
    const functions = Object.entries(surface).filter(
      ([, value]) => typeof value === 'function' && !isClass(value),
    )
    expect(Object.keys(wrong).sort()).toEqual(functions.map(([name]) => name).sort())
  })

  const calls = Object.entries(wrong).flatMap(([name, cases]) =>
    cases.map(([given, names]) => [name, JSON.stringify(given).slice(0, 80), given, names] as const),
  )
  test.each(calls)('%s refuses %s, and names what is wrong', async (name, _, given, names) => {
    const error = await thrownBy(surface[name] as Anything, given)
    expect(error).toBeInstanceOf(InvalidRequestError)
    expect((error as Error).message).toContain(names)
  })

  const built = Object.entries(builders).flatMap(([name, cases]) =>
    cases.map(([given, names]) => [name, JSON.stringify(given).slice(0, 80), given, names] as const),
  )
  test.each(built)('%s of an intent refuses %s, and names what is wrong', async (name, _, given, names) => {
    // Callers in JavaScript pass whatever they like.
    const builder = shop as unknown as Readonly<Record<string, Anything>>
    const error = await thrownBy((...all) => builder[name]?.(...all), given)
    expect(error).toBeInstanceOf(InvalidRequestError)
    expect((error as Error).message).toContain(names)
  })

  test('a value of any kind can be shown', async () => {
    const circle: Record<string, unknown> = {}
    circle.self = circle
    for (const odd of [circle, 5n, Symbol('x'), () => 'source', 'x'.repeat(1000)]) {
      const error = await thrownBy(portolan.readCompose as Anything, [odd, {}])
      expect(error).toBeInstanceOf(InvalidRequestError)
      expect((error as Error).message.length).toBeLessThan(400)
    }
  })

  test('what is undefined is absent, and a key of facts that resembles none is ignored', async () => {
    const options = { ...known, pools: undefined, facts: { somethingOfLaterVersions: 1 } }
    await expect((portolan.plan as Anything)(shop, options)).resolves.toMatchObject({ project: 'shop' })
  })
})
