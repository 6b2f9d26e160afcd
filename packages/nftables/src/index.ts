export { apply } from './apply/apply.ts'
export * from './compile/adopt.ts'
export * from './compile/compile.ts'
export { guardedBridges, isWhole, mend } from './compile/mend.ts'
export { isStanding } from './compile/standing.ts'
export * from './dialect.ts'
export * from './diff/apply-to.ts'
export * from './diff/change.ts'
export { wordsOf } from './diff/describe.ts'
export * from './diff/diff.ts'
export * from './inspect/inspect.ts'
export * from './inspect/inspect-all.ts'
export * from './lower/iptables-table.ts'
export * from './lower/lower.ts'
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
} from './model/expression.ts'
export type {
  HeaderExpression,
  IpsecExpression,
  OptionExpression,
  OsfExpression,
  RouteExpression,
  SocketExpression,
  TunnelExpression,
  TunnelPayloadExpression,
} from './model/header-expression.ts'
export type { JsonObject, JsonValue } from './model/json.ts'
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
} from './model/statement.ts'
export type { ChainVerdict, PlainVerdict, Verdict } from './model/verdict.ts'
export * from './parse/parse.ts'
export * from './print/print.ts'
export * from './print/script.ts'
export type { StoredListing } from './print/stored.ts'
export * from './published/published.ts'
export * from './wire/apply-live.ts'
export * from './wire/batch.ts'
export * from './wire/generation.ts'
export * from './wire/publish.ts'
