export * from './adopt/adopt.ts'
export { guardedBridges, isWhole, mend } from './adopt/mend.ts'
export { isStanding } from './adopt/standing.ts'
export { apply } from './apply/apply.ts'
export * from './compile/compile.ts'
export * from './dialect.ts'
export * from './diff/apply-to.ts'
export { wordsOf } from './diff/describe.ts'
export * from './diff/diff.ts'
export * from './inspect/inspect.ts'
export * from './inspect/inspect-all.ts'
export { chainsInPlaceOfBuiltIn, isIptablesTable } from './lower/iptables/iptables-table.ts'
export * from './lower/lower.ts'
export * from './model/change.ts'
export type {
  BinaryExpression,
  BooleanExpression,
  ConcatExpression,
  CtExpression,
  Element,
  Expression,
  FibExpression,
  HashExpression,
  ListExpression,
  MapExpression,
  MetaExpression,
  NumberExpression,
  NumgenExpression,
  OpaqueExpression,
  PayloadExpression,
  PrefixExpression,
  RangeExpression,
  RawPayloadExpression,
  ReferenceExpression,
  SetExpression,
  TextExpression,
} from './model/expression/expression.ts'
export type {
  HeaderExpression,
  IpsecExpression,
  OptionExpression,
  OsfExpression,
  RouteExpression,
  SocketExpression,
  TunnelExpression,
  TunnelPayloadExpression,
} from './model/expression/header-expression.ts'
export type { JsonObject, JsonValue } from './model/expression/json.ts'
export type {
  ConnectionCountStatement,
  CounterStatement,
  DuplicateStatement,
  ForwardStatement,
  LastStatement,
  LimitStatement,
  LogStatement,
  MatchStatement,
  NatStatement,
  NotrackStatement,
  ObjectStatement,
  ObjectType,
  OffloadStatement,
  OpaqueStatement,
  QueueStatement,
  QuotaStatement,
  RareStatement,
  RejectStatement,
  ResetStatement,
  SetValueStatement,
  Statement,
  SynproxyStatement,
  TproxyStatement,
  UpdateStatement,
  VerdictMapStatement,
  XtStatement,
} from './model/expression/statement.ts'
export type { ChainVerdict, PlainVerdict, Verdict } from './model/expression/verdict.ts'
export type {
  BaseChain,
  Chain,
  NamedSet,
  Rule,
  Ruleset,
  SetType,
  Table,
  TableFamily,
} from './model/ruleset.ts'
export { emptyRuleset } from './model/ruleset.ts'
export * from './parse/parse.ts'
export * from './print/print.ts'
export * from './print/script.ts'
export type { StoredListing } from './print/stored.ts'
export { opened } from './published/opened.ts'
export * from './published/published.ts'
export * from './wire/generation.ts'
export * from './wire/publish.ts'
export * from './wire/read/table-names.ts'
export { applyLive, type LiveOptions } from './wire/write/apply-live.ts'
export * from './wire/write/batch.ts'
