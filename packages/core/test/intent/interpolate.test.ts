// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Compose look like this.
import { describe, expect, test } from '@jest/globals'
import { interpolate, lookupIn } from '../../src/intent/interpolate.ts'

const lookup = lookupIn({ SET: 'value', EMPTY: '', PORT: '8080' })

describe('variables are replaced as Compose does', () => {
  test.each([
    ['plain', 'plain'],
    ['$SET', 'value'],
    ['${SET}', 'value'],
    ['$PORT:80', '8080:80'],
    ['a${SET}b$PORT-c', 'avalueb8080-c'],
    ['$$SET', '$SET'],
    ['$${SET}', '${SET}'],
    ['${MISSING}', ''],
    ['${MISSING:-default}', 'default'],
    ['${MISSING-default}', 'default'],
    ['${EMPTY:-default}', 'default'],
    ['${EMPTY-default}', ''],
    ['${SET:-default}', 'value'],
    ['${SET:+other}', 'other'],
    ['${SET+other}', 'other'],
    ['${EMPTY:+other}', ''],
    ['${EMPTY+other}', 'other'],
    ['${MISSING+other}', ''],
    ['${SET:?needed}', 'value'],
    ['${EMPTY?needed}', ''],
    ['${MISSING:-${PORT}}', '8080'],
    ['${MISSING:-${EMPTY:-${SET}}}-x', 'value-x'],
    ['${MISSING:-127.0.0.1:80}', '127.0.0.1:80'],
    ['${SET:-${MISSING:?only when used}}', 'value'],
    ['${MISSING:-}', ''],
    ['${constructor:-own keys only}', 'own keys only'],
  ])('%s becomes %s', (text, expected) => {
    expect(interpolate(text, lookup)).toMatchObject({ text: expected })
  })

  test('a variable that has no value and no default is named', () => {
    expect(interpolate('$A ${B} ${C:-c} $SET', lookup)).toEqual({
      text: '  c value',
      unset: ['A', 'B'],
      used: ['SET'],
    })
  })

  test.each([
    ['a lone dollar', 'a $ b', 2, /written `\$\$`/],
    ['a digit as a name', '$1', 0, /name of a variable/],
    ['an empty name', '${}', 2, /name of a variable/],
    ['a brace never closed', 'x${SET', 6, /never closed/],
    ['a default never closed', '${SET:-a', 8, /never closed/],
    ['an unknown operator', '${SET!x}', 5, /expected `}`, or one of/],
    ['a required variable', 'a${EMPTY:?say $SET}', 1, /EMPTY has no value: say value/],
    [
      'a required variable without words',
      '${MISSING?}',
      0,
      /MISSING has no value: set it in the environment, or in \.env/,
    ],
  ])('%s is a mistake at its offset', (_, text, offset, message) => {
    const result = interpolate(text, lookup)
    expect(result).toMatchObject({ kind: 'mistake', offset })
    expect(JSON.stringify(result)).toMatch(message)
  })

  test('variables nested without end are refused, not followed', () => {
    expect(interpolate('${A:-'.repeat(100_000), lookup)).toMatchObject({ kind: 'mistake' })
  })
})
