"""The two kinds of views of version 1: those that compute and those that keep."""

from rest_framework.permissions import AllowAny, IsAuthenticatedOrReadOnly

from noising.api.base import ServiceView


class StatelessView(ServiceView):
    """A view that computes from the request alone and keeps nothing."""

    authentication_classes = ()
    permission_classes = (AllowAny,)


class RegistryView(ServiceView):
    """A view of what is kept: everyone may read, an account may write."""

    permission_classes = (IsAuthenticatedOrReadOnly,)
