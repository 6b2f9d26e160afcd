import { expect, test } from '@jest/globals'
import { IntentError, PortolanError } from '@portolan/netfilter'
import { fromJson } from '../../../test/from-json.ts'
import { asCniError } from '../src/cni-error.ts'
import { readConfig } from '../src/config/network-config.ts'
import { runCni } from '../src/run-cni.ts'
import { wantedPorts } from '../src/verb/wanted-ports.ts'

const complete = {
  CNI_COMMAND: 'ADD',
  CNI_CONTAINERID: 'pod-1',
  CNI_NETNS: '/nowhere/pod-1',
  CNI_IFNAME: 'eth0',
}
const config = { cniVersion: '1.1.0', name: 'pods', type: 'portolan-cni' }

const answer = async (
  environment: Readonly<Record<string, string | undefined>>,
  stdin: unknown,
): Promise<Readonly<Record<string, unknown>>> => {
  const text = typeof stdin === 'string' ? stdin : JSON.stringify(stdin)
  const { exitCode, stdout } = await runCni({ environment, stdin: text })
  return { exitCode, ...fromJson<object>(stdout) }
}

test('tells the versions that it speaks, and takes the one that it was asked in', async () => {
  expect(await answer({ CNI_COMMAND: 'VERSION' }, { cniVersion: '1.0.0' })).toEqual({
    exitCode: 0,
    cniVersion: '1.0.0',
    supportedVersions: ['0.4.0', '1.0.0', '1.1.0'],
  })
})

/** The codes come from the specification's table of error codes. */
test.each([
  ['no verb', { CNI_COMMAND: undefined }, config, 4, 'CNI_COMMAND is missing'],
  ['an unknown verb', { CNI_COMMAND: 'add' }, config, 4, '"add"'],
  ['no container', { CNI_CONTAINERID: '' }, config, 4, 'CNI_CONTAINERID is missing'],
  ['a container id that is none', { CNI_CONTAINERID: '../etc' }, config, 4, '"../etc"'],
  ['no namespace', { CNI_NETNS: undefined }, config, 4, 'CNI_NETNS is missing'],
  ['a namespace that is gone', {}, config, 4, '/nowhere/pod-1'],
  ['no interface', { CNI_IFNAME: '' }, config, 4, 'CNI_IFNAME is missing'],
  [
    'a name that no interface has',
    { CNI_IFNAME: 'a/b' },
    config,
    4,
    'CNI_IFNAME is "a/b", which no interface',
  ],
  ['a name that the kernel keeps', { CNI_IFNAME: 'all' }, config, 4, 'the kernel keeps this name'],
  ['arguments that are none', { CNI_ARGS: 'IP' }, config, 4, 'NAME=VALUE'],
  ['an unknown argument', { CNI_ARGS: 'SPEED=9' }, config, 4, '"SPEED"'],
  ['nothing on standard input', {}, '', 6, 'is empty'],
  ['no JSON', {}, '{', 6, 'is no JSON'],
  ['a list', {}, '[]', 6, 'is no object'],
  ['a version from before', {}, { ...config, cniVersion: '0.3.1' }, 1, '0.3.1'],
  ['no version', {}, { name: 'pods' }, 1, '0.1.0'],
  ['no name', {}, { cniVersion: '1.0.0' }, 7, 'name is ""'],
  ['a name that is none', {}, { ...config, name: 'a/b' }, 7, '"a/b"'],
  ['a misspelt key', {}, { ...config, subent: '10.0.0.0/24' }, 7, 'did you mean "subnet"?'],
  ['a value of another type', {}, { ...config, mtu: 'big' }, 7, 'mtu'],
  [
    'a port out of range',
    {},
    { ...config, runtimeConfig: { portMappings: [{ hostPort: 80_000, containerPort: 80 }] } },
    7,
    'runtimeConfig.portMappings[0].hostPort',
  ],
  ['a version that is no text', {}, { ...config, cniVersion: 1 }, 6, 'cniVersion in the network'],
  ['a folder without its root', {}, { ...config, stateDir: 'rel/x' }, 7, 'stateDir'],
  [
    'a port below those that there are',
    {},
    { ...config, runtimeConfig: { portMappings: [{ hostPort: -1, containerPort: 80 }] } },
    7,
    '0 for none',
  ],
  ['a capability of another plugin', {}, { ...config, capabilities: { bandwidth: true } }, 2, '"bandwidth"'],
  [
    'GC of a version that has none',
    { CNI_COMMAND: 'GC' },
    { ...config, cniVersion: '1.0.0' },
    1,
    'GC is of CNI 1.1.0',
  ],
  ['CHECK without a result', { CNI_COMMAND: 'CHECK' }, config, 7, 'prevResult is missing'],
])('refuses %s', async (_what, environment, stdin, code, words) => {
  expect(await answer({ ...complete, ...environment }, stdin)).toMatchObject({
    exitCode: 1,
    code,
    msg: expect.stringContaining(words),
  })
})

test('hands the result of the plugin before it on, where there is no port to publish', async () => {
  const prevResult = {
    cniVersion: '1.0.0',
    interfaces: [{ name: 'cni0' }],
    ips: [{ address: '10.1.0.2/24' }],
  }
  expect(await answer(complete, { ...config, cniVersion: '1.0.0', prevResult })).toMatchObject({
    exitCode: 0,
    ...prevResult,
  })
})

test('a host port of 0 is none', async () => {
  const runtimeConfig = { portMappings: [{ hostPort: 0, containerPort: 80 }] }
  const prevResult = { interfaces: [{ name: 'nowhere0' }], ips: [{ address: '10.1.0.2/24' }] }
  expect(await answer(complete, { ...config, prevResult, runtimeConfig })).toMatchObject({ exitCode: 0 })
  expect(wantedPorts(readConfig(JSON.stringify({ ...config, runtimeConfig })), 'pod-1@eth0')).toEqual([])
})

test('tells a fault of the configuration, a conflict and what could not be done by their codes', () => {
  const codeOf = (error: Error): number => asCniError(error).code
  expect(codeOf(new IntentError('the bridge is "a b"', null))).toBe(7)
  for (const code of ['CONFLICTS', 'HOST_PORT_TAKEN', 'HOST_PORT_IN_USE'])
    expect(codeOf(new PortolanError(code, 'It is in the way.'))).toBe(101)
  expect(codeOf(new PortolanError('STATE', 'It cannot be read.'))).toBe(100)
})

test('publishes ports behind a plugin that made a bridge, and says what else was made', async () => {
  const prevResult = { interfaces: [{ name: 'nowhere0' }], ips: [{ address: '10.1.0.2/24' }] }
  const runtimeConfig = { portMappings: [{ hostPort: 8080, containerPort: 80 }] }
  expect(await answer(complete, { ...config, prevResult, runtimeConfig })).toMatchObject({
    code: 7,
    msg: expect.stringContaining('made nowhere0'),
  })
})
