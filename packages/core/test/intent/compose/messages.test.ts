// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Compose look like this.
import { describe, expect, test } from '@jest/globals'
import { read, refusal } from './read.ts'

describe('what is not YAML is refused in words with a way out', () => {
  test.each<[string, string, string]>([
    [
      'a key without its colon',
      'services:\n  a:\n    image x\n    foo: b',
      '3:5: expected `key: value`: a key is missing its `:`',
    ],
    [
      'a bracket that is open',
      'services:\n  a:\n    ports: ["80:80"\n    foo: b',
      'a bracket is never closed: expected `]` or `}` before this',
    ],
    ['a quote that is open', 'services:\n  a: "x\n', 'a quote is never closed'],
    ['a tab', 'services:\n\ta:\n', '2:1: the line is indented with a tab: indent it with spaces'],
    ['two colons', 'services:\n  a: b: c', '2:6: a second `: ` in one line'],
    [
      'an odd indent',
      'services:\n  a: 1\n b: 2',
      'the line is indented otherwise than the lines it belongs to',
    ],
    ['a reserved character', 'services:\n  a: @x', '2:6: a value cannot begin with this character'],
    ['NUL', 'services: {a: {image: "\0"}}', '1:24: the character U+0000 cannot stand in YAML: delete it'],
    ['an escape', 'services: {a: {image: x\u001b}}', 'the character U+001B cannot stand in YAML'],
    [
      'a no-break space',
      'services:\n\u00a0 a:\n    image: x',
      '2:1: the line is indented with a no-break space',
    ],
    [
      'a no-break space behind others',
      'services:\n  a:\n  \u00a0 image: x',
      '3:3: the line is indented with a no-break space',
    ],
    [
      'a conflict of git',
      'services:\n  a:\n<<<<<<< HEAD\n    image: x\n=======\n    image: y\n>>>>>>> b',
      '3:1: git has left a conflict in this file ("<<<<<<<"): keep one of the two versions, and delete the marks',
    ],
  ])('%s', (_, text, message) => {
    expect(refusal(text)).toContain(message)
    expect(refusal(text)).toMatch(/^ParseError compose\.yaml:/)
  })

  test('a mistake that the parser has its own words for keeps them', () => {
    expect(refusal('services: {a: "\\q"}')).toMatch(
      /this cannot be read as YAML \(.*\)\. Check the indentation/,
    )
  })

  test('other alphabets, emoji and a byte order mark are no odd characters', () => {
    expect(read('\ufeffservices: {a: {image: "\u0434\u{1f600}\u00a0x"}}').endpoints).toHaveLength(1)
  })
})

describe('a port with too many or too few parts says which are missing', () => {
  test.each([
    ['127.0.0.1:80:80:80', /too many parts between colons: expected \[HOSTADDRESS:\]HOSTPORT:CONTAINERPORT/],
    ['1::1:80', /an IPv6 address needs brackets, .*such as \[::1\]:8080:80, found "1::1:80"/],
    ['::80:80', /an IPv6 address needs brackets, .*found "::80:80"/],
    ['::1:8080:80', /expected an IPv6 address in brackets, \[::1\], found "::1"/],
    ['[::1]', /expected a host port and a container port after the address, such as \[::1\]:8080:80/],
    ['192.0.2.1', /after the address, such as 192\.0\.2\.1:8080:80/],
  ])('%s', (port, message) => {
    expect(refusal(`services: {a: {ports: ["${port}"]}}`)).toMatch(message)
  })
})

describe('a value that came from a variable and is refused names the variable', () => {
  const environment = { WEB: 'x', NET: '10.0.0.0/99' }
  test.each([
    ['services: {a: {ports: ["${WEB}:80"]}}', /found "x"\. The variable WEB gave this value$/],
    ['services: {a: {ports: ["${WEB}${NET}:80"]}}', /\. The variables WEB, NET gave this value$/],
    ['services: {a: {ports: ["${NONE}${WEB:-1}"]}}', /\. The variables WEB, NONE gave this value$/],
    [
      'services: {a: {networks: [n]}}\nnetworks: {n: {ipam: {config: [{subnet: "$NET"}]}}}',
      /subnet: expected a prefix .* The variable NET gave this value$/,
    ],
    ['services: {a: {scale: "$WEB"}}', /The variable WEB gave this value$/],
  ])('%s', (text, message) => {
    expect(refusal(text, { environment })).toMatch(message)
  })

  test('and one that was written in the file names none', () => {
    expect(refusal('services: {a: {ports: ["${NONE:-y}:80"]}}', { environment })).toMatch(/found "y"$/)
  })
})
