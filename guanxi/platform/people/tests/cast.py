"""The named people that tests speak of, in a small company.

lin works on the road, zhao manages accounts, wang leads the service department, chen the company; zhou audits, wu
administers. sun is a specialist of another department and must see nothing of lin's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from guanxi.platform.people.models import Department, Membership, Person, RoleGrant

SINCE = date(2020, 1, 1)


@dataclass(frozen=True)
class Cast:
    company: Department
    service: Department
    team: Department
    operations: Department
    lin: Person
    zhao: Person
    wang: Person
    chen: Person
    zhou: Person
    wu: Person
    sun: Person

    def everybody(self) -> list[Person]:
        return [self.lin, self.zhao, self.wang, self.chen, self.zhou, self.wu, self.sun]


def department(name: str, parent: Department | None = None) -> Department:
    made = Department.objects.create(name=name, parent=parent)
    made.path = f"{parent.path if parent else '/'}{made.pk}/"
    made.save(update_fields=["path"])
    return made


def person(username: str, name: str, where: Department, *roles: str) -> Person:
    made = Person(username=username, name=name, department=where, email=f"{username}@example.com")
    made.set_unusable_password()
    made.save()
    Membership.objects.create(person=made, department=where, since=SINCE)
    for role in roles:
        RoleGrant.objects.create(person=made, role=role, since=SINCE)
    return made


def make_cast() -> Cast:
    company = department("恒信科技")
    service = department("客户服务部", company)
    team = department("服务一组", service)
    operations = department("营运部", company)
    cast = Cast(
        company,
        service,
        team,
        operations,
        lin=person("lin", "林晓", team, "relationship_specialist"),
        zhao=person("zhao", "赵磊", team, "account_manager"),
        wang=person("wang", "王敏", service, "service_manager"),
        chen=person("chen", "陈建国", company, "general_manager"),
        zhou=person("zhou", "周审", company, "auditor"),
        wu=person("wu", "吴安", company, "administrator"),
        sun=person("sun", "孙外", operations, "relationship_specialist"),
    )
    for place, head in ((company, cast.chen), (service, cast.wang)):
        place.head = head
        place.save(update_fields=["head"])
    return cast
