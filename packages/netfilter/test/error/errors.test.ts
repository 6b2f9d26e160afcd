import { describe, expect, test } from '@jest/globals'
import { fromJson } from '../../../../test/from-json.ts'
import {
  ApplyError,
  InspectError,
  IntentError,
  InvalidRequestError,
  MissingToolError,
  ParseError,
  PermissionError,
  PortolanError,
  StaleStateError,
} from '../../src/error/index.ts'

const place = { source: 'compose.yaml', line: 3, column: 5 }
const cause = new Error('the reason below')

const errors: readonly (readonly [string, PortolanError, Record<string, unknown>])[] = [
  [
    'ParseError',
    new ParseError('expected a port', place, '80x', { cause }),
    {
      code: 'PARSE',
      message: 'compose.yaml:3:5: expected a port',
      source: 'compose.yaml',
      line: 3,
      column: 5,
      fault: 'expected a port',
      snippet: '80x',
    },
  ],
  [
    'IntentError',
    new IntentError('no such network', place, { cause }),
    {
      code: 'INTENT',
      message: 'compose.yaml:3:5: no such network',
      source: 'compose.yaml',
      line: 3,
      column: 5,
      fault: 'no such network',
    },
  ],
  [
    'IntentError',
    new IntentError('no such network', null, { cause }),
    {
      code: 'INTENT',
      message: 'no such network',
      source: null,
      line: null,
      column: null,
      fault: 'no such network',
    },
  ],
  [
    'InvalidRequestError',
    new InvalidRequestError('--size 99', { cause }),
    { code: 'INVALID_REQUEST', message: '--size 99' },
  ],
  [
    'InspectError',
    new InspectError('nft failed', { command: 'nft -j list ruleset', exitCode: 1, stderr: 'no' }, { cause }),
    { code: 'INSPECT', message: 'nft failed', command: 'nft -j list ruleset', exitCode: 1, stderr: 'no' },
  ],
  [
    'MissingToolError',
    new MissingToolError('nft', 'nftables', { cause }),
    {
      code: 'MISSING_TOOL',
      message: 'nft is not installed. Install the package nftables and run this again.',
      tool: 'nft',
      package: 'nftables',
    },
  ],
  [
    'PermissionError',
    new PermissionError('rules cannot be read', 'CAP_NET_ADMIN', { cause }),
    { code: 'PERMISSION', message: 'rules cannot be read', needs: 'CAP_NET_ADMIN' },
  ],
  [
    'StaleStateError',
    new StaleStateError('our rules changed', { cause }),
    { code: 'STALE_STATE', message: 'our rules changed', happened: null },
  ],
  [
    'StaleStateError',
    new StaleStateError('our rules changed', { cause, advice: 'plan again' }),
    { code: 'STALE_STATE', message: 'our rules changed; plan again.', happened: 'our rules changed' },
  ],
  [
    'ApplyError',
    new ApplyError('refused', { applied: ['one'], stderr: 'File exists' }, { cause }),
    {
      code: 'APPLY',
      message: 'refused',
      applied: ['one'],
      stderr: 'File exists',
      offending: null,
      certain: true,
    },
  ],
  [
    'ApplyError',
    new ApplyError('refused', { applied: [], stderr: '', offending: '-A X', certain: true }, { cause }),
    { code: 'APPLY', message: 'refused', applied: [], stderr: '', offending: '-A X', certain: true },
  ],
  ['PortolanError', new PortolanError('STATE', 'damaged', { cause }), { code: 'STATE', message: 'damaged' }],
]

describe.each(errors)('%s', (name, error, json) => {
  test('is an Error and a PortolanError of its own name', () => {
    expect(error).toBeInstanceOf(Error)
    expect(error).toBeInstanceOf(PortolanError)
    expect(error.name).toBe(name)
    expect(String(error)).toBe(`${name}: ${error.message}`)
  })

  test('is JSON of its code, message and facts, without name, stack or cause', () => {
    expect(fromJson(JSON.stringify(error))).toEqual(json)
    expect(error.code).toBe(json.code)
  })

  test('keeps its cause', () => {
    expect(error.cause).toBe(cause)
  })
})

test('each kind has a code of its own', () => {
  const byName = new Map(errors.map(([name, { code }]) => [name, code]))
  expect(new Set(byName.values()).size).toBe(byName.size)
})

test('an error without a cause has none', () => {
  expect('cause' in new IntentError('x', null)).toBe(false)
})

test('the words of an error write out what would act on a terminal or reverse the writing direction', () => {
  const name = 'a\u202eb\u001b[2J'
  const shown = 'a\\u{202e}b\\x1b[2J'
  const intent = new IntentError(`no network ${name}`, { ...place, source: `${name}.yaml` })
  expect([intent.message, intent.fault, intent.problem]).toEqual([
    `${shown}.yaml:3:5: no network ${shown}`,
    `no network ${shown}`,
    `${shown}.yaml:3:5: no network ${shown}`,
  ])
  // A program takes the exact name from the other fields.
  expect(intent.source).toBe(`${name}.yaml`)
  const refused = new ApplyError(
    { problem: `${name}: refused.`, remedy: () => `Remove ${name}.` },
    { applied: [], stderr: `one\ntwo ${name}` },
  )
  expect([refused.message, refused.remedy()]).toEqual([
    `${shown}: refused. Remove ${shown}.`,
    `Remove ${shown}.`,
  ])
  expect(refused.stderr).toBe(`one\ntwo ${name}`)
  expect(new PortolanError('X', 'one\n\ttwo').message).toBe('one\n\ttwo')
})
