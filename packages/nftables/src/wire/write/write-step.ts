import { ByteWriter, NLA_F_NESTED, NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL } from '@portolan/core/netlink'
import type { ElementStep, Step } from '../../apply/steps.ts'
import { tableName } from '../../compile/ours.ts'
import type { Rule, Table } from '../../model/index.ts'
import {
  NFT_MSG_DELCHAIN,
  NFT_MSG_DELRULE,
  NFT_MSG_DELSET,
  NFT_MSG_DELSETELEM,
  NFT_MSG_DELTABLE,
  NFT_MSG_NEWCHAIN,
  NFT_MSG_NEWRULE,
  NFT_MSG_NEWSET,
  NFT_MSG_NEWSETELEM,
  NFT_MSG_NEWTABLE,
  NFTA_CHAIN_NAME,
  NFTA_CHAIN_TABLE,
  NFTA_RULE_CHAIN,
  NFTA_RULE_EXPRESSIONS,
  NFTA_RULE_TABLE,
  NFTA_RULE_USERDATA,
  NFTA_SET_ELEM_LIST_ELEMENTS,
  NFTA_SET_ELEM_LIST_SET,
  NFTA_SET_ELEM_LIST_SET_ID,
  NFTA_SET_ELEM_LIST_TABLE,
  NFTA_SET_NAME,
  NFTA_SET_TABLE,
  NFTA_TABLE_FLAGS,
  NFTA_TABLE_NAME,
  NFTA_TABLE_USERDATA,
  UDATA_RULE_COMMENT,
  UDATA_TABLE_COMMENT,
} from '../constants.ts'
import { writeName } from '../message-parts.ts'
import { declarationOfAnonymous, writerOfAnonymous } from './anonymous-set.ts'
import { writeChain } from './chain.ts'
import type { AnonymousSet, SetReference } from './context.ts'
import { type ElementWriter, elementWriter } from './element.ts'
import { writeNumber } from './instruction.ts'
import type { MessageWriter } from './message-writer.ts'
import { declarationOfNamed, formOf, type SetDeclaration, writeSet } from './set.ts'
import { writeStatement } from './statement.ts'
import { unwritable } from './unwritable.ts'
import { writeUserText } from './user-data.ts'

/**
 * The number of elements in one message. The length of an attribute has 16 bits, and no element of ours is longer than
 * 400 bytes.
 */
const elementsPerMessage = 128

const CREATE_ONLY = NLM_F_CREATE | NLM_F_EXCL

interface SetPlace {
  readonly name: string
  /** The number of a set that the batch itself makes; null: the set exists already. */
  readonly id: number | null
}

const writeElements = (
  messages: MessageWriter,
  step: Step,
  { name, id }: SetPlace,
  elements: ElementWriter,
  verb: { readonly message: number; readonly flags: number },
): void => {
  const { writer } = messages
  for (let at = 0; at < elements.count; at += elementsPerMessage)
    messages.message(step, verb.message, verb.flags, () => {
      writeName(writer, NFTA_SET_ELEM_LIST_TABLE, tableName)
      writeName(writer, NFTA_SET_ELEM_LIST_SET, name)
      if (id !== null) writeNumber(writer, NFTA_SET_ELEM_LIST_SET_ID, id)
      writer.attribute(NLA_F_NESTED | NFTA_SET_ELEM_LIST_ELEMENTS, () => {
        const end = Math.min(at + elementsPerMessage, elements.count)
        for (let each = at; each < end; each += 1) elements.write(writer, each)
      })
    })
}

const writeElementStep = (messages: MessageWriter, step: ElementStep): void => {
  const isNew = step.kind === 'create-elements'
  const elements = elementWriter(formOf(step.set), step.elements, isNew ? 'all' : 'key')
  writeElements(
    messages,
    step,
    { name: step.set.name, id: null },
    elements,
    isNew ? { message: NFT_MSG_NEWSETELEM, flags: CREATE_ONLY } : { message: NFT_MSG_DELSETELEM, flags: 0 },
  )
}

const writeSetMessage = (
  messages: MessageWriter,
  step: Step,
  declaration: SetDeclaration,
  flags: number,
): number => {
  const id = messages.nextSet()
  messages.message(step, NFT_MSG_NEWSET, flags, () => writeSet(messages.writer, tableName, declaration, id))
  return id
}

const addAnonymousSet = (messages: MessageWriter, step: Step, set: AnonymousSet): SetReference => {
  const declaration = declarationOfAnonymous(set)
  const place = { name: declaration.name, id: writeSetMessage(messages, step, declaration, NLM_F_CREATE) }
  writeElements(messages, step, place, writerOfAnonymous(set), {
    message: NFT_MSG_NEWSETELEM,
    flags: NLM_F_CREATE,
  })
  return place
}

const writeRule = (
  messages: MessageWriter,
  step: Step,
  chain: string,
  { statements, comment }: Rule,
): void => {
  const { writer } = messages
  const body = new ByteWriter(512)
  const context = {
    writer: body,
    addSet: (set: AnonymousSet) => addAnonymousSet(messages, step, set),
    family: null,
    protocol: null,
  }
  for (const statement of statements) writeStatement(context, statement)
  messages.message(step, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, () => {
    writeName(writer, NFTA_RULE_TABLE, tableName)
    writeName(writer, NFTA_RULE_CHAIN, chain)
    writer.attribute(NLA_F_NESTED | NFTA_RULE_EXPRESSIONS, () => writer.raw(body.take()))
    if (comment !== null)
      writer.attribute(NFTA_RULE_USERDATA, () => writeUserText(writer, UDATA_RULE_COMMENT, comment))
  })
}

const writeTable = (messages: MessageWriter, step: Step, { flags, comment }: Table, create: number): void => {
  if (flags.length > 0) throw unwritable(flags)
  const { writer } = messages
  messages.message(step, NFT_MSG_NEWTABLE, create, () => {
    writeName(writer, NFTA_TABLE_NAME, tableName)
    writeNumber(writer, NFTA_TABLE_FLAGS, 0)
    if (comment !== null)
      writer.attribute(NFTA_TABLE_USERDATA, () => writeUserText(writer, UDATA_TABLE_COMMENT, comment))
  })
}

/** Writes a whole table in the order in which nft writes a block: chains, then sets with their elements, then rules. */
const writeWholeTable = (messages: MessageWriter, step: Step, table: Table): void => {
  const { writer } = messages
  if (table.opaque.length > 0) throw unwritable(table.opaque)
  writeTable(messages, step, table, NLM_F_CREATE)
  for (const chain of table.chains)
    messages.message(step, NFT_MSG_NEWCHAIN, NLM_F_CREATE, () => writeChain(writer, tableName, chain))
  for (const set of table.sets) {
    const id = writeSetMessage(messages, step, declarationOfNamed(set), NLM_F_CREATE)
    const elements = elementWriter(formOf(set), set.elements, 'all')
    writeElements(messages, step, { name: set.name, id }, elements, {
      message: NFT_MSG_NEWSETELEM,
      flags: NLM_F_CREATE,
    })
  }
  for (const chain of table.chains)
    for (const rule of chain.rules) writeRule(messages, step, chain.name, rule)
}

/**
 * Writes the messages of a step.
 * @throws Unwritable for a form that our table never has
 */
export const writeStep = (messages: MessageWriter, step: Step): void => {
  const { writer } = messages
  switch (step.kind) {
    case 'create-table':
      writeTable(messages, step, step.table, CREATE_ONLY)
      return
    case 'delete-table':
      messages.message(step, NFT_MSG_DELTABLE, 0, () => writeName(writer, NFTA_TABLE_NAME, tableName))
      return
    case 'write-table':
      writeWholeTable(messages, step, step.table)
      return
    case 'create-set':
      writeSetMessage(messages, step, declarationOfNamed(step.set), CREATE_ONLY)
      return
    case 'delete-set':
      messages.message(step, NFT_MSG_DELSET, 0, () => {
        writeName(writer, NFTA_SET_TABLE, tableName)
        writeName(writer, NFTA_SET_NAME, step.set.name)
      })
      return
    case 'create-chain':
      messages.message(step, NFT_MSG_NEWCHAIN, CREATE_ONLY, () => writeChain(writer, tableName, step.chain))
      return
    case 'flush-chain':
      messages.message(step, NFT_MSG_DELRULE, 0, () => {
        writeName(writer, NFTA_RULE_TABLE, tableName)
        writeName(writer, NFTA_RULE_CHAIN, step.chain)
      })
      return
    case 'delete-chain':
      messages.message(step, NFT_MSG_DELCHAIN, 0, () => {
        writeName(writer, NFTA_CHAIN_TABLE, tableName)
        writeName(writer, NFTA_CHAIN_NAME, step.chain)
      })
      return
    case 'add-rule':
      writeRule(messages, step, step.chain, step.rule)
      return
    case 'create-elements':
    case 'delete-elements':
      writeElementStep(messages, step)
  }
}
