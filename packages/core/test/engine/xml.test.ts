import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { growthOf } from '../../../../test/growth/count-work.ts'
import { readXml, type XmlElement } from '../../src/engine/xml.ts'

const element = (xml: string): XmlElement => {
  const read = readXml(xml)
  if ('kind' in read) throw new Error(read.why)
  return read
}

describe('readXml', () => {
  test('elements nest, attributes take either quote, and may hold >', () => {
    const { name, attributes, children } = element(`<a x='1' y = "2>1"><b/><c z=""></c ></a>`)
    expect(name).toBe('a')
    expect([...attributes]).toEqual([
      ['x', '1'],
      ['y', '2>1'],
    ])
    expect(children.map((child) => child.name)).toEqual(['b', 'c'])
  })
  test('the entities of XML and character references are what they stand for', () => {
    expect(element(`<a b="&lt;&amp;&#39;&#x41;&quot;">&gt;</a>`)).toMatchObject({
      attributes: new Map([['b', `<&'A"`]]),
      text: '>',
    })
  })
  test('comments, declarations and CDATA', () => {
    const xml = `<?xml version="1.0"?><!-- <b> --><a>one <!-- two --><![CDATA[<three>]]></a><!-- end -->`
    expect(element(xml)).toMatchObject({ name: 'a', text: 'one <three>', children: [] })
  })
  test.each([
    ['', 'line 1: document must contain a root element'],
    ['<a/><b/>', 'line 1: documents may contain only one root'],
    ['<a>\n<b>\n</a>', 'line 3: unexpected close tag'],
    ['</a>', 'line 1: unmatched closing tag: a'],
    ['<a>\n<b/>', 'line 2: unclosed tag: a'],
    ['<a b=c/>', 'line 1: unquoted attribute value'],
    ['<a\n<b/>', 'line 2: disallowed character in attribute name'],
    ['<a><!-- </a>', 'line 1: unclosed tag: a'],
    ['<a b="1" b="2"/>', 'line 1: duplicate attribute: b'],
    ['<a>&unknown;</a>', 'line 1: undefined entity'],
    ['<!DOCTYPE a [<!ENTITY b "c">]>\n<a>&b;</a>', 'line 1: a document type is not read'],
  ])('%j is a fault: %s', (xml, why) => {
    expect(readXml(xml)).toEqual({ kind: 'fault', why })
  })
  test('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'<>/!-[]"\'=&;# abC?') }), (text) => {
        expect(() => readXml(text)).not.toThrow()
      }),
    )
  })
  test.each([
    [
      'attributes',
      (count: number) => `<a ${Array.from({ length: count }, (_, at) => `b${at}="c"`).join(' ')}/>`,
    ],
    ['attributes of one name', (count: number) => `<a ${'b="c" '.repeat(count)}`],
    ['elements that do not end', (count: number) => '<a>'.repeat(count)],
    ['elements', (count: number) => `<a>${'<b>c</b>'.repeat(count)}</a>`],
  ])('the work grows with the text and no faster: %s', (_, textOf) => {
    expect(growthOf((count) => readXml(textOf(count)), 2500, 20_000)).toBeLessThan(12)
  })
})
