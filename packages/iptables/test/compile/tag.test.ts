import { describe, expect, test } from '@jest/globals'
import { tag } from '../../src/compile/tag.ts'

describe('tag', () => {
  test('says whose rule it is, then what for', () => {
    expect(tag('demo', '0.0.0.0:8080/tcp -> nginx:80')).toBe('demo/0.0.0.0:8080/tcp -> nginx:80')
  })

  test('replaces what could end a string or a line', () => {
    expect(tag('demo', 'a"b\\c\nd\'e`f$g\u0000h')).toBe('demo/a_b_c_d_e_f_g_h')
  })

  test('is cut between two characters at 255 bytes', () => {
    const text = tag('demo', 'é'.repeat(200))
    expect(Buffer.byteLength(text)).toBe(255)
    expect(text.endsWith('é')).toBe(true)
    expect(Buffer.byteLength(tag('demo', `x${'é'.repeat(200)}`))).toBe(254)
    expect(tag('demo', 'x'.repeat(400))).toHaveLength(255)
  })
})
