"""The office's tables. Names and types only; who reads and writes them is `ledger`."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)


class UtcInstant(TypeDecorator[datetime]):
    """A moment in UTC. SQLite forgets zones, so they are taken off before it and put back behind it."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store UTC; refuse a moment without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a zone is no moment")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Give UTC back."""
        if not isinstance(value, datetime):
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


# SQLite counts rows up by itself only for a plain INTEGER.
_RowId = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData()

payment = Table(
    "payment",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("reference", String(11), nullable=False, unique=True),
    Column("counter", String(48), nullable=False),
    Column("clerk", Text, nullable=False),
    Column("channel", String(16), nullable=False),
    Column("source", String(16), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("beneficiary", JSON, nullable=False),
    Column("payload", Text, nullable=False),
    Column("created_at", UtcInstant, nullable=False),
    Column("payer", Text),
    Column("is_on_behalf", Boolean, nullable=False),
    Column("waiver_reason", Text),
    Column("state", String(16), nullable=False),
    Column("place", String(16), nullable=False),
    Column("refused_field", String(16)),
    Column("starts_at", UtcInstant),
    Column("expires_at", UtcInstant),
    Column("extensions", Integer, nullable=False),
    Column("checked_at", UtcInstant),
    Column("is_insisted", Boolean, nullable=False),
    Column("received", BigInteger, nullable=False),
    Column("paid_at", UtcInstant),
    Column("bank_reference", Text),
    Column("slip", String(24)),
    Column("slip_reason", Text, nullable=False),
    Column("slip_at", UtcInstant),
    Column("slip_counter", String(48), nullable=False),
    Column("slip_asked", JSON, nullable=False),
    Column("slip_to", String(48)),
    Column("slip_by", Text, nullable=False),
    Column("slip_wanted_at", UtcInstant),
    Column("is_slip_kept", Boolean, nullable=False),
    Column("is_slip_settled", Boolean, nullable=False),
    # Follows from the others; here so that a few open slips are found among years of payments.
    Column("is_slip_open", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Index("payment_by_counter", "counter", "state"),
    Index("payment_by_open_slip", "is_slip_open"),
    Index("payment_by_day", "created_at"),
)

payment_line = Table(
    "payment_line",
    metadata,
    Column("payment", ForeignKey("payment.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("dossier", String(64), nullable=False),
    Column("fee_code", String(32), nullable=False),
    Column("fee_name", Text, nullable=False),
    Column("fee_name_en", Text),
    Column("quantity", Integer, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("is_sensitive", Boolean, nullable=False),
    Index("payment_line_by_dossier", "dossier"),
)

milestone = Table(
    "milestone",
    metadata,
    Column("id", _RowId, primary_key=True),
    Column("payment", ForeignKey("payment.id"), nullable=False, index=True),
    Column("milestone", String(32), nullable=False),
    Column("at", UtcInstant, nullable=False),
    Column("words", Text, nullable=False),
    Column("counter", String(48), nullable=False),
)

# An order's idempotency key and the digest of what was ordered under it.
order_key = Table(
    "order_key",
    metadata,
    Column("key", String(128), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("payment", ForeignKey("payment.id"), nullable=False),
)

notification = Table(
    "notification",
    metadata,
    Column("id", _RowId, primary_key=True),
    Column("provider", String(16), nullable=False),
    Column("received_at", UtcInstant, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("is_booked", Boolean, nullable=False),
    Column("detail", Text, nullable=False),
    Index("notification_to_book", "is_booked"),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", _RowId, primary_key=True),
    Column("provider", String(16), nullable=False),
    Column("received_at", UtcInstant, nullable=False),
    Column("reason", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
)

credit = Table(
    "credit",
    metadata,
    Column("id", _RowId, primary_key=True),
    Column("provider", String(16), nullable=False),
    Column("provider_id", String(64), nullable=False),
    Column("bank_reference", Text, nullable=False),
    Column("account", String(64), nullable=False),
    Column("virtual_account", String(64)),
    Column("amount", BigInteger, nullable=False),
    Column("memo", Text, nullable=False),
    Column("at", UtcInstant, nullable=False),
    Column("booked_at", UtcInstant, nullable=False, index=True),
    Column("verdict", String(16), nullable=False),
    Column("payment", ForeignKey("payment.id"), index=True),
    UniqueConstraint("provider", "provider_id"),
    UniqueConstraint("bank_reference", "account", "amount"),
)

# Positive đồng are debit, negative are credit; every credit's postings sum to zero.
posting = Table(
    "posting",
    metadata,
    Column("id", _RowId, primary_key=True),
    Column("credit", ForeignKey("credit.id"), nullable=False, index=True),
    Column("account", String(48), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("at", UtcInstant, nullable=False),
)

# What happened to payments, credits, milestones and notifications: a chain of rows (`books.audit`). Never changed.
audit = Table(
    "audit",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", String(40), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("noun", String(16), nullable=False),
    Column("key", String(64), nullable=False),
    Column("body", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("head", String(64), nullable=False),
    Index("audit_by_subject", "noun", "key", "seq"),
)

# Without its salt nobody can find out by trying what a row of the audit binds; it goes when that is purged.
audit_salt = Table(
    "audit_salt",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("salt", String(32), nullable=False),
)

# One row: where the chain ends. Whoever appends holds it.
audit_end = Table(
    "audit_end",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("head", String(64), nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("message", String(32), primary_key=True),
    Column("counter", String(48), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("payment", String(32)),
    Column("type", String(32), nullable=False),
    Column("topic", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("is_acknowledged", Boolean, nullable=False),
    UniqueConstraint("counter", "sequence"),
    Index("outbox_pending", "is_acknowledged"),
)

inbox = Table(
    "inbox",
    metadata,
    Column("message", String(32), primary_key=True),
    Column("counter", String(48), nullable=False),
    Column("received_at", UtcInstant, nullable=False),
)

# What was heard of each counter: all up to `heard`, and `beyond` of what lies behind the first gap.
traffic = Table(
    "traffic",
    metadata,
    Column("counter", String(48), primary_key=True),
    Column("heard", BigInteger, nullable=False),
    Column("beyond", JSON, nullable=False),
)

# Messages that could not be read or taken; the newest fifty.
set_aside = Table(
    "set_aside",
    metadata,
    Column("id", _RowId, primary_key=True),
    Column("counter", String(48), nullable=False),
    Column("at", UtcInstant, nullable=False),
    Column("reason", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
)

counter = Table(
    "counter",
    metadata,
    Column("id", String(48), primary_key=True),
    Column("last_sequence", BigInteger, nullable=False),
    Column("is_online", Boolean, nullable=False),
    Column("printer", String(16), nullable=False),
    Column("seen_at", UtcInstant),
    Column("born_at", UtcInstant),
    Column("told_at", UtcInstant),
    Column("came_at", UtcInstant),
    Column("clock", JSON),
    Column("waiting_slips", Integer, nullable=False),
    Column("has_printer", Boolean, nullable=False),
    Column("trial", JSON),
    Column("seen", JSON),
    Column("trouble", Text, nullable=False),
)

# Somebody at a glass who needs a human; open until a clerk goes there.
call = Table(
    "call",
    metadata,
    Column("id", _RowId, primary_key=True),
    Column("counter", String(48), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("payment", ForeignKey("payment.id")),
    Column("language", String(2), nullable=False),
    Column("called_at", UtcInstant, nullable=False, index=True),
    Column("answered_at", UtcInstant),
    Column("answered_by", Text),
)

# What idle glasses tell people. A card that was withdrawn is gone.
card = Table(
    "card",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("vi", JSON, nullable=False),
    Column("en", JSON),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date),
    Column("written_at", UtcInstant, nullable=False),
)

# A dossier that the portal sent and no clerk has yet turned into a payment, and what it is called there.
dossier = Table(
    "dossier",
    metadata,
    Column("number", String(64), primary_key=True),
    Column("body", JSON, nullable=False),
    Column("received_at", UtcInstant, nullable=False),
    Column("payment", ForeignKey("payment.id")),
)

# What the portal has still to hear; said again until the portal answers 2xx.
callback = Table(
    "callback",
    metadata,
    Column("id", _RowId, primary_key=True),
    Column("payment", ForeignKey("payment.id"), nullable=False),
    Column("body", JSON, nullable=False),
    Column("is_delivered", Boolean, nullable=False),
)
